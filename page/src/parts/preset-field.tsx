// A choice among the presets of the service.
import { t } from "../i18n";
import { presets } from "../live/state";
import { SelectField } from "./field";

export interface Preset {
  name: string;
  description: string;
  folder: string;
  template: string;
}

export function allPresets(): Preset[] {
  return presets.value as unknown as Preset[];
}

export function presetOf(name: string): Preset | undefined {
  return allPresets().find((preset) => preset.name === name);
}

// "audio_only" reads as "Audio only".
export function presetName(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface PresetFieldProps {
  value: string;
  onValue: (value: string) => void;
  label?: string;
  // The text of the choice of none, where that is one.
  none?: string;
  error?: string | undefined;
}

export function PresetField({ value, onValue, label, none, error }: PresetFieldProps) {
  const names = allPresets().map(({ name }) => name);
  // One that has gone is shown as it is, so that nothing changes by itself.
  const all = value && !names.includes(value) ? [value, ...names] : names;
  const options = all.map((name) => ({ value: name, text: presetName(name) }));
  return (
    <SelectField
      label={label ?? t("new.preset")}
      hint={presetOf(value)?.description.trim().split("\n")[0]}
      error={error}
      value={value}
      onValue={onValue}
      options={none === undefined ? options : [{ value: "", text: none }, ...options]}
    />
  );
}
