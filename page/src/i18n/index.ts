// Texts, numbers and dates in the user's language.
//
// A text lies in i18n/<language>/<screen>.json and `t` is asked for it by `<screen>.<key>`, with the
// values of what stands in braces. It may have plural forms, chosen by `n`: {"one": "{n} file", "other": "{n} files"}.
import { effect, signal } from "@preact/signals";
import { read, write } from "../stored";
import { loaders } from "./languages";

type Forms = Partial<Record<Intl.LDMLPluralRule, string>>;
type Catalogue = Record<string, Record<string, string | Forms>>;
export type Values = Record<string, string | number>;

const RIGHT_TO_LEFT = new Set(["ar"]);
const catalogue = signal<Catalogue>({});
export const language = signal("en");

export function preferredLanguage(): string {
  const chosen = read("language");
  const wishes = chosen ? [chosen] : navigator.languages.map((tag) => tag.split("-")[0] ?? "");
  return wishes.find((tag) => tag in loaders) ?? "en";
}

export async function useLanguage(tag: string): Promise<void> {
  const load = loaders[tag];
  if (!load) return;
  catalogue.value = (await load()).default as Catalogue;
  language.value = tag;
  document.documentElement.lang = tag;
  document.documentElement.dir = RIGHT_TO_LEFT.has(tag) ? "rtl" : "ltr";
}

export async function chooseLanguage(tag: string): Promise<void> {
  write("language", tag);
  await useLanguage(tag);
}

export function t(key: string, values: Values = {}): string {
  const [screen = "", ...rest] = key.split(".");
  const message = catalogue.value[screen]?.[rest.join(".")];
  if (message === undefined) return key;
  const text = typeof message === "string" ? message : chosenForm(message, Number(values["n"] ?? 0));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

export function hasText(key: string): boolean {
  const [screen = "", ...rest] = key.split(".");
  return catalogue.value[screen]?.[rest.join(".")] !== undefined;
}

function chosenForm(forms: Forms, n: number): string {
  return forms[rules.select(n)] ?? forms.other ?? "";
}

let rules = new Intl.PluralRules("en");
let plain = new Intl.NumberFormat("en");
let moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
let relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
effect(() => {
  const tag = language.value;
  rules = new Intl.PluralRules(tag);
  plain = new Intl.NumberFormat(tag);
  moment = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" });
  relative = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
});

export function number(value: number): string {
  return plain.format(value);
}

export function dateTime(value: Date): string {
  return Number.isNaN(value.getTime()) ? "" : moment.format(value);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

// "5 minutes ago", "tomorrow"; of a moment less than a minute away, "now".
export function ago(value: Date, now = Date.now()): string {
  const seconds = (value.getTime() - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  const step = STEPS.find(([, length]) => Math.abs(seconds) >= length);
  return step ? relative.format(Math.round(seconds / step[1]), step[0]) : relative.format(0, "second");
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function size(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), SIZES.length - 1);
  const value = bytes / 1000 ** step;
  return unit(value, SIZES[step] ?? "byte", value < 10 && step > 0 ? 1 : 0);
}

export function speed(bytesPerSecond: number): string {
  return t("common.perSecond", { size: size(bytesPerSecond) });
}

function unit(value: number, name: string, digits: number): string {
  const options = { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language.value, options).format(value);
}

export function percent(value: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }).format(value / 100);
}

// A length as players write it: 4:05, 1:02:03.
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const units = parts[0] ? parts : parts.slice(1);
  return units.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}

// A rough time that is left: 40 sec, 5 min, 2 hr.
export function span(seconds: number): string {
  if (seconds < 60) return unit(Math.ceil(seconds), "second", 0);
  if (seconds < 5400) return unit(Math.round(seconds / 60), "minute", 0);
  return unit(seconds / 3600, "hour", 1);
}

export function languageName(tag: string): string {
  const name = new Intl.DisplayNames(tag, { type: "language" }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
}
