// Subtitles beside a film: as <track> elements, of which at most one is shown.
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { language, t } from "../../i18n";
import { choices } from "./positions";

type SubtitleTrack = components["schemas"]["SubtitleTrack"];

export interface Subtitle {
  url: string;
  language: string;
  label: string;
}

// Above the controls, while they are there.
const RAISED_LINE = -4;

export async function subtitlesOf(path: string): Promise<Subtitle[]> {
  const { subtitles } = await call(api.GET("/api/player/subtitles/manifest/{file}", { params: { path: { file: path } } }));
  const names = subtitles.map((track) => nameOf(track));
  return subtitles.map((track, index) => {
    const name = names[index] ?? "";
    const place = names.slice(0, index + 1).filter((other) => other === name).length;
    const isAlone = names.filter((other) => other === name).length === 1;
    return { url: vttOf(track), language: track.lang, label: isAlone ? name : `${name} (${place})` };
  });
}

// The service makes WebVTT of ASS, too, which needs no renderer.
function vttOf(track: SubtitleTrack): string {
  return track.renderer === "native" ? track.url : track.url.replace(/\/subtitles\/\w+\/([^?]*)/, "/subtitle/$1.vtt");
}

function nameOf(track: SubtitleTrack): string {
  if (!track.lang || track.lang === "und") return t("watch.unknownLanguage");
  try {
    return new Intl.DisplayNames(language.value, { type: "language" }).of(track.lang) ?? track.lang;
  } catch {
    return track.lang;
  }
}

// The one whose language was chosen last; -1 for none.
export function firstVisible(subtitles: readonly Subtitle[]): number {
  const wish = choices.subtitles();
  return wish ? subtitles.findIndex((subtitle) => subtitle.language === wish) : -1;
}

export function showTrack(video: HTMLVideoElement, index: number): void {
  [...video.textTracks].forEach((track, place) => {
    track.mode = place === index ? "showing" : "disabled";
  });
}

export function raiseCues(video: HTMLVideoElement, isRaised: boolean): void {
  for (const track of video.textTracks) {
    if (track.mode !== "showing" || !track.cues) continue;
    for (const cue of track.cues as unknown as Iterable<VTTCue>) {
      const isOwnPlace = cue.line !== "auto" && cue.line !== RAISED_LINE;
      if (!isOwnPlace) cue.line = isRaised ? RAISED_LINE : "auto";
    }
  }
}
