// Timers in words, and the common ones as choices.
import { language, t } from "../../i18n";

export type Kind = "never" | "hourly" | "hours" | "daily" | "weekly" | "monthly" | "own";

// What the choices are made of. Days of the week: 0 is Sunday.
export interface Choice {
  kind: Kind;
  minute: number;
  hour: number;
  every: number;
  days: readonly number[];
  day: number;
}

export const KINDS: readonly Kind[] = ["never", "hourly", "hours", "daily", "weekly", "monthly", "own"];
export const STEPS: readonly number[] = [2, 3, 4, 6, 8, 12];

const START: Omit<Choice, "kind"> = { minute: 0, hour: 6, every: 2, days: [1], day: 1 };
const NUMBER = /^\d+$/;
const DAYS = /^[0-6](,[0-6])*$/;

export function readTimer(timer: string): Choice {
  const fields = timer.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  if (!timer.trim()) return { ...START, kind: "never" };
  const own: Choice = { ...START, kind: "own" };
  if (fields.length !== 5 || month !== "*" || !NUMBER.test(minute) || Number(minute) > 59) return own;
  const base = { ...START, minute: Number(minute) };
  const isEveryDay = day === "*" && weekday === "*";
  if (hour === "*" && isEveryDay) return { ...base, kind: "hourly" };
  const every = Number(/^\*\/(\d+)$/.exec(hour)?.[1]);
  if (STEPS.includes(every) && isEveryDay) return { ...base, kind: "hours", every };
  if (!NUMBER.test(hour) || Number(hour) > 23) return own;
  const timed = { ...base, hour: Number(hour) };
  if (isEveryDay) return { ...timed, kind: "daily" };
  if (day === "*" && DAYS.test(weekday)) return { ...timed, kind: "weekly", days: weekday.split(",").map(Number) };
  const isDay = NUMBER.test(day) && Number(day) >= 1 && Number(day) <= 31;
  return weekday === "*" && isDay ? { ...timed, kind: "monthly", day: Number(day) } : own;
}

export function writeTimer({ kind, minute, hour, every, days, day }: Choice): string {
  const texts: Record<Exclude<Kind, "own">, string> = {
    never: "",
    hourly: `${minute} * * * *`,
    hours: `${minute} */${every} * * *`,
    daily: `${minute} ${hour} * * *`,
    weekly: `${minute} ${hour} * * ${[...days].sort().join(",") || "1"}`,
    monthly: `${minute} ${hour} ${day} * *`,
  };
  return kind === "own" ? "" : texts[kind];
}

// "Every day at 06:00"; a timer that is none of the choices is written as it is.
export function timerText(timer: string): string {
  const choice = readTimer(timer);
  const { kind, minute, every, day } = choice;
  const values = {
    minute: String(minute).padStart(2, "0"),
    time: clockTime(choice),
    days: list(choice.days.map((index) => dayName(index, "short"))),
    n: kind === "hours" ? every : day,
  };
  return kind === "own" ? timer : t(`tasks.timer_${kind}`, values);
}

function clockTime({ hour, minute }: Choice): string {
  const time = new Date(2026, 0, 1, hour, minute);
  return new Intl.DateTimeFormat(language.value, { timeStyle: "short" }).format(time);
}

export function dayName(index: number, width: "long" | "short"): string {
  // The fourth of January 2026 is a Sunday.
  return new Intl.DateTimeFormat(language.value, { weekday: width }).format(new Date(2026, 0, 4 + index));
}

function list(words: string[]): string {
  return new Intl.ListFormat(language.value, { type: "conjunction" }).format(words);
}
