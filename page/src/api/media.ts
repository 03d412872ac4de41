// What the service found out about a media file: ffprobe's answer (docs/contract/files.md 3) as far as screens read it.
import type { components } from "./schema";
import { address, pathOf } from "./client";

export type FileInfo = components["schemas"]["FileInfo"];

export interface Stream {
  codec_name?: string;
  codec_type?: string;
  profile?: string;
  width?: number;
  height?: number;
  framerate?: number | null;
  channels?: number;
  sample_rate?: string;
  bit_rate?: string;
  tags?: Record<string, string>;
}

export interface Probe {
  format?: { format_long_name?: string; duration?: string; bit_rate?: string; size?: string; tags?: Record<string, string> };
  streams?: Stream[];
  video?: Stream[];
  audio?: Stream[];
  subtitle?: Stream[];
  chapters?: { start_time?: string; end_time?: string; tags?: Record<string, string> }[];
  is_video?: boolean;
  is_audio?: boolean;
}

export function probeOf(info: FileInfo): Probe {
  return info.ffprobe as Probe;
}

// The title that the file itself bears, else its name.
export function titleOf(info: FileInfo): string {
  const tags = probeOf(info).format?.tags ?? {};
  const written = tags["title"] ?? tags["TITLE"];
  return written?.trim() || info.title;
}

export function secondsOf(info: FileInfo): number {
  const seconds = Number(probeOf(info).format?.duration ?? 0);
  return Number.isFinite(seconds) ? seconds : 0;
}

export function pictureOf(info: FileInfo): string | null {
  const file = info.sidecar["image"]?.[0]?.["file"];
  return file ? fileAddress(file) : null;
}

export function fileAddress(path: string): string {
  return address(`/api/download/${pathOf(path)}`);
}

// The same, to be saved in place of shown.
export function saveAddress(path: string): string {
  return address(`/api/download/${pathOf(path)}`, { download: "1" });
}

export function folderOf(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}

export function nameOf(path: string): string {
  return path.split("/").at(-1) ?? "";
}
