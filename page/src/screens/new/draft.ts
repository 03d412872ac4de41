// What is being filled in, and the items that it makes.
import { signal } from "@preact/signals";
import type { components } from "../../api/schema";
import { readAddresses } from "./addresses";

export type NewItem = components["schemas"]["RequestItem"];

export interface Draft {
  text: string;
  preset: string;
  folder: string;
  template: string;
  cookies: string;
  cli: string;
  // By the field's id: what the user entered there.
  fields: Record<string, string>;
  isHeld: boolean;
  // A format chosen in the preview; it goes to yt-dlp's -f.
  format: string;
  extras: Record<string, unknown>;
}

export const EMPTY: Draft = {
  text: "",
  preset: "",
  folder: "",
  template: "",
  cookies: "",
  cli: "",
  fields: {},
  isHeld: false,
  format: "",
  extras: {},
};

export const draft = signal<Draft>(EMPTY);

export function edit(changes: Partial<Draft>): void {
  draft.value = { ...draft.value, ...changes };
}

export function isDirty(now: Draft): boolean {
  const { preset: _preset, folder: _folder, isHeld: _isHeld, ...rest } = now;
  return Boolean(rest.text.trim() || rest.template || rest.cookies || rest.cli || Object.values(rest.fields).some(Boolean));
}

export interface FieldFacts {
  id: number;
  name: string;
  description: string;
  field: string;
  kind: "string" | "text" | "bool";
  extras: { options?: string[] };
}

// The options as one text: the user's own win over fields, and both over the chosen format.
export function optionsOf(now: Draft, fields: readonly FieldFacts[]): string {
  const parts = [now.cli.trim()];
  for (const { id, field, kind } of fields) {
    const value = now.fields[String(id)]?.trim();
    if (!value || hasOption(parts.join("\n"), field)) continue;
    parts.push(kind === "bool" ? field : `${field} ${value}`);
  }
  if (now.format && !hasOption(parts.join("\n"), "-f") && !hasOption(parts.join("\n"), "--format")) parts.push(`-f '${now.format}'`);
  return parts.filter(Boolean).join("\n");
}

function hasOption(text: string, flag: string): boolean {
  return text.split(/\s+/).some((word) => word === flag || word.startsWith(`${flag}=`));
}

export function itemsOf(now: Draft, fields: readonly FieldFacts[]): NewItem[] {
  const shared = {
    preset: now.preset,
    folder: now.folder.trim(),
    template: now.template.trim(),
    cookies: now.cookies.trim(),
    cli: optionsOf(now, fields),
    auto_start: !now.isHeld,
    extras: now.extras,
  };
  return readAddresses(now.text).map(({ url }) => ({ url, ...shared }));
}
