// The line of time: a range, with what is loaded and where chapters begin. It runs from left to right in every language.
import { useState } from "preact/hooks";
import { clock, t } from "../../i18n";
import { type Chapter, chapterAt } from "./chapters";
import type { Playback } from "./playback";

export function SeekBar({ playback, chapters }: { playback: Playback; chapters: readonly Chapter[] }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const duration = playback.duration.value;
  const time = Math.min(playback.time.value, duration);
  const share = (seconds: number) => `${duration ? Math.min(100, (seconds / duration) * 100) : 0}%`;
  const point = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    setPointed(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * duration);
  };
  return (
    <div class="watch-seek" dir="ltr" onPointerMove={point} onPointerLeave={() => setPointed(null)}>
      <div class="watch-line" aria-hidden="true">
        <div class="watch-line-loaded" style={{ inlineSize: share(playback.bufferedTo.value) }} />
        <div class="watch-line-played" style={{ inlineSize: share(time) }} />
        {chapters.slice(1).map((chapter) => (
          <div key={chapter.start} class="watch-line-mark" style={{ insetInlineStart: share(chapter.start) }} />
        ))}
      </div>
      <input
        type="range"
        min={0}
        max={duration || 1}
        step={0.1}
        value={time}
        aria-label={t("watch.position")}
        aria-valuetext={t("watch.positionOf", { time: clock(time), all: clock(duration) })}
        onInput={(event) => playback.seek(event.currentTarget.valueAsNumber)}
      />
      {pointed !== null && duration > 0 && (
        <div class="watch-pointed" aria-hidden="true" style={{ insetInlineStart: share(pointed) }}>
          {chapterAt(chapters, pointed) && <span>{chapterAt(chapters, pointed)?.title}</span>}
          <span>{clock(pointed)}</span>
        </div>
      )}
    </div>
  );
}
