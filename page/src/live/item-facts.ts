// What an item's fields mean to a person.
import { address, pathOf } from "../api/client";
import { isRunning, type Item } from "./items";
import { settings } from "./state";

// One word for each state that a person tells apart.
export type State =
  | "looking"
  | "waiting"
  | "held"
  | "again"
  | "preparing"
  | "downloading"
  | "processing"
  | "finished"
  | "failed"
  | "skipped"
  | "cancelled"
  | "upcoming";

export function stateOf(item: Item): State {
  switch (item.status) {
    case "pending":
      if (!item.auto_start) return "held";
      if (item.failure?.retry_at) return "again";
      // Until its page is read, its title is its address.
      return item.title === item.url ? "looking" : "waiting";
    case "preparing":
      return "preparing";
    case "downloading":
      return "downloading";
    case "postprocessing":
      return "processing";
    case "finished":
      return "finished";
    case "error":
      return "failed";
    case "skip":
      return "skipped";
    case "cancelled":
      return "cancelled";
    case "not_live":
      return "upcoming";
  }
}

export function siteOf(item: Item): string {
  try {
    return new URL(item.url).hostname.replace(/^www\./, "");
  } catch {
    return "";
  }
}

function text(item: Item, name: string): string {
  const value = item.extras[name];
  return typeof value === "string" ? value : "";
}

// Empty where it is no more than the site's own name.
export function makerOf(item: Item): string {
  const maker = text(item, "channel") || text(item, "uploader");
  return maker.startsWith(siteOf(item)) ? "" : maker;
}

export function durationOf(item: Item): number | null {
  const value = item.extras["duration"];
  return typeof value === "number" && value > 0 ? value : null;
}

export function isAudio(item: Item): boolean {
  return item.extras["is_audio"] === true && item.extras["is_video"] !== true;
}

// 0 to 100 while bytes move; null while nobody knows.
export function percentOf(item: Item): number | null {
  return isRunning(item) && typeof item.percent === "number" ? item.percent : null;
}

// Below the root of all files; null without a file.
export function fileOf(item: Item): string | null {
  if (!item.filename) return null;
  return item.folder ? `${item.folder.replace(/\/+$/, "")}/${item.filename}` : item.filename;
}

// A sidecar's path as the API gives it, below the root of all files.
export function relative(path: string): string {
  const root = String(settings.value["download_path"] ?? "");
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path.replace(/^\//, "");
}

export function downloadAddress(file: string): string {
  return address(`/api/download/${pathOf(file)}`);
}

// The picture that lies beside the file, else that of the site, fetched by the service, else a frame of the film.
export function pictureOf(item: Item): string | null {
  const own = item.sidecar["image"]?.[0]?.file;
  if (own) return downloadAddress(relative(own));
  const remote = text(item, "thumbnail");
  if (remote) return address("/api/thumbnail", { url: remote });
  const isFilm = item.status === "finished" && item.filename !== null && item.extras["is_video"] === true;
  return isFilm ? address(`/api/history/${item._id}/thumbnail`) : null;
}
