// Where this browser stopped in each film, and what the user chose for all of them.
import { read, write } from "../../stored";

type Positions = Record<string, [seconds: number, millisecondsSinceEpoch: number]>;

const NAME = "positions";
const MOST = 300;
const FIRST_SECONDS = 3;
// So near the end a film counts as seen.
const END_SHARE = 0.95;

function all(): Positions {
  try {
    const positions: unknown = JSON.parse(read(NAME) ?? "{}");
    return typeof positions === "object" && positions !== null ? (positions as Positions) : {};
  } catch {
    return {};
  }
}

export function positionOf(path: string): number {
  const seconds = Number(all()[path]?.[0] ?? 0);
  return Number.isFinite(seconds) ? seconds : 0;
}

export function keepPosition(path: string, seconds: number, duration: number): void {
  const positions = all();
  delete positions[path];
  if (seconds >= FIRST_SECONDS && seconds < duration * END_SHARE) positions[path] = [Math.floor(seconds * 10) / 10, Date.now()];
  const latest = Object.entries(positions).sort(([, one], [, other]) => other[1] - one[1]);
  write(NAME, JSON.stringify(Object.fromEntries(latest.slice(0, MOST))));
}

function readNumber(name: string, otherwise: number): number {
  const value = Number(read(name) ?? NaN);
  return Number.isFinite(value) ? value : otherwise;
}

export const choices = {
  volume: () => Math.min(1, Math.max(0, readNumber("volume", 1))),
  keepVolume: (volume: number) => write("volume", String(volume)),
  rate: () => readNumber("rate", 1),
  keepRate: (rate: number) => write("rate", rate === 1 ? null : String(rate)),
  // A language, "" for none.
  subtitles: () => read("subtitles") ?? "",
  keepSubtitles: (language: string) => write("subtitles", language || null),
  playsNext: () => read("next") !== "off",
  keepPlaysNext: (isOn: boolean) => write("next", isOn ? null : "off"),
};
