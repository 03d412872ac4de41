// The template of file names, with what it would make of a film.
import { t } from "../i18n";
import { settings } from "../live/state";
import { TextField } from "./field";
import { presetOf } from "./preset-field";
import { example, type Info, SAMPLE } from "./template";

interface TemplateFieldProps {
  value: string;
  onValue: (value: string) => void;
  // Whose template counts when there is none here.
  preset?: string;
  info?: Info;
  error?: string | undefined;
}

export function TemplateField({ value, onValue, preset = "", info = SAMPLE, error }: TemplateFieldProps) {
  const standard = presetOf(preset)?.template || String(settings.value["output_template"] ?? "");
  return (
    <TextField
      label={t("new.template")}
      hint={
        <>
          {t("new.templateHint")} <code dir="ltr">{example(value.trim() || standard, info)}</code>
        </>
      }
      error={error}
      placeholder={standard}
      value={value}
      onValue={onValue}
      dir="ltr"
    />
  );
}
