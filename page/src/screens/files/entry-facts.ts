// What an entry of a folder is to a person.
import { pathOf } from "../../api/client";
import { saveAddress } from "../../api/media";
import { ago, dateTime, size } from "../../i18n";
import type { IconName } from "../../parts/icon";
import { href } from "../../router";
import { type Entry, placeOf } from "./folder";

const ICONS: Record<string, IconName> = {
  dir: "folder",
  video: "film",
  audio: "music",
  image: "image",
  subtitle: "subtitles",
  text: "log",
};
const MONTH_MS = 30 * 86_400_000;

export function iconOf(entry: Entry): IconName {
  return ICONS[entry.content_type] ?? "file";
}

export function isPlayed(entry: Entry): boolean {
  return entry.content_type === "video" || entry.content_type === "audio";
}

// Where its name leads; null: to its details.
export function targetOf(entry: Entry): string | null {
  if (entry.is_dir) return href(`/browser/${pathOf(placeOf(entry))}`);
  return isPlayed(entry) ? href(`/watch/${pathOf(placeOf(entry))}`) : null;
}

export function saved(entry: Entry): string {
  return saveAddress(placeOf(entry));
}

export function factsOf(entry: Entry): string[] {
  const changed = new Date(entry.mtime);
  const when = Date.now() - changed.getTime() < MONTH_MS ? ago(changed) : dateTime(changed);
  return [entry.is_dir ? "" : size(entry.size), when].filter(Boolean);
}
