// What keys do while a film is open, as the great players have it.
import type { Playback } from "./playback";

export interface Commands {
  playback: Playback;
  toggleFullscreen: () => void;
  toggleSubtitles: () => void;
  next: () => void;
  help: () => void;
}

const STEP = 5;
const LEAP = 10;
const LOUDER = 0.05;

type Command = (commands: Commands) => void;

const KEYS: Record<string, Command> = {
  " ": ({ playback }) => playback.toggle(),
  k: ({ playback }) => playback.toggle(),
  ArrowLeft: ({ playback }) => playback.skip(-STEP),
  ArrowRight: ({ playback }) => playback.skip(STEP),
  j: ({ playback }) => playback.skip(-LEAP),
  l: ({ playback }) => playback.skip(LEAP),
  ArrowUp: ({ playback }) => playback.setVolume(playback.video.volume + LOUDER),
  ArrowDown: ({ playback }) => playback.setVolume(playback.video.volume - LOUDER),
  Home: ({ playback }) => playback.seek(0),
  End: ({ playback }) => playback.seek(playback.duration.value),
  m: ({ playback }) => playback.toggleMuted(),
  f: ({ toggleFullscreen }) => toggleFullscreen(),
  c: ({ toggleSubtitles }) => toggleSubtitles(),
  i: ({ playback }) => playback.mayShowPicture && playback.togglePicture(),
  ">": ({ playback }) => playback.stepRate(1),
  "<": ({ playback }) => playback.stepRate(-1),
  n: ({ next }) => next(),
  "?": ({ help }) => help(),
};

// [keys, name of the message]
export const HELP = [
  ["Space K", "play"],
  ["← →", "step"],
  ["J L", "leap"],
  ["0 – 9", "part"],
  ["↑ ↓", "volume"],
  ["M", "mute"],
  ["C", "subtitles"],
  ["F", "fullscreen"],
  ["I", "picture"],
  ["< >", "speed"],
  ["N", "next"],
] as const;

const TYPING = "input:not([type=range]), textarea, select, [contenteditable], dialog, [role=menu]";
// Keys that these use themselves.
const PRESSED = "button, a, summary, label";

export function onKey(event: KeyboardEvent, frame: HTMLElement | null, commands: Commands): void {
  const target = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target?.closest(TYPING)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === " " && target?.closest(PRESSED)) return;
  // Elsewhere on the page these scroll.
  const isInside = target === document.body || target?.id === "main" || frame?.contains(target) === true;
  if (/^(Arrow|Home|End)/.test(event.key) && !isInside) return;
  const command = commandOf(event.key);
  if (!command) return;
  event.preventDefault();
  command(commands);
}

function commandOf(key: string): Command | undefined {
  if (/^\d$/.test(key)) return ({ playback }) => playback.seek((playback.duration.value * Number(key)) / 10);
  return KEYS[key] ?? KEYS[key.toLowerCase()];
}
