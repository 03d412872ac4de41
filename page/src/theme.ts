// Light or dark: as the system has it, unless the user chose.
import { signal } from "@preact/signals";
import { read, watch, write } from "./stored";

export type Theme = "system" | "light" | "dark";

export const theme = signal<Theme>("system");

function show(value: string | null): void {
  theme.value = value === "light" || value === "dark" ? value : "system";
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
}

export function startTheme(): void {
  show(read("theme"));
  watch("theme", show);
}

export function chooseTheme(value: Theme): void {
  write("theme", value === "system" ? null : value);
  show(value);
}
