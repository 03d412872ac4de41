// Chapters of a film: its own, else those of the info JSON beside it.
import { type FileInfo, fileAddress, probeOf } from "../../api/media";
import { t } from "../../i18n";

export interface Chapter {
  start: number;
  title: string;
}

interface Raw {
  start_time?: unknown;
  title?: unknown;
  tags?: Record<string, string>;
}

function read(raw: readonly Raw[]): Chapter[] {
  const chapters = raw.map((chapter, index) => ({
    start: Number(chapter.start_time ?? NaN),
    title: String(chapter.title ?? chapter.tags?.["title"] ?? "") || t("watch.chapter", { n: index + 1 }),
  }));
  const sorted = chapters.filter(({ start }) => Number.isFinite(start)).sort((one, other) => one.start - other.start);
  return sorted.length > 1 ? sorted : [];
}

export async function chaptersOf(info: FileInfo): Promise<Chapter[]> {
  const own = read(probeOf(info).chapters ?? []);
  const beside = info.sidecar["text"]?.find(({ file }) => file?.endsWith(".info.json"))?.["file"];
  if (own.length || !beside) return own;
  try {
    const response = await fetch(fileAddress(beside));
    const body = (await response.json()) as { chapters?: unknown };
    return Array.isArray(body.chapters) ? read(body.chapters as Raw[]) : [];
  } catch {
    return []; // a damaged file beside it keeps nobody from watching
  }
}

export function chapterAt(chapters: readonly Chapter[], seconds: number): Chapter | undefined {
  return chapters.findLast(({ start }) => start <= seconds + 0.01);
}
