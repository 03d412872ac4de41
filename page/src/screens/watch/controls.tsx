// The bar below the picture.
import { clock, language, t } from "../../i18n";
import { Button } from "../../parts/button";
import { Menu, type MenuItem } from "../../parts/menu";
import { type Chapter, chapterAt } from "./chapters";
import { type Playback, RATES } from "./playback";
import { SeekBar } from "./seek-bar";
import type { Subtitle } from "./subtitles";

export interface ControlsProps {
  playback: Playback;
  chapters: readonly Chapter[];
  subtitles: readonly Subtitle[];
  shown: number;
  onSubtitle: (index: number) => void;
  onFullscreen: () => void;
  isFullscreen: boolean;
  isSound: boolean;
  onNext: (() => void) | null;
  onHelp: () => void;
}

export function Controls(props: ControlsProps) {
  const { playback, chapters, subtitles, onNext } = props;
  const isPaused = playback.isPaused.value;
  const chapter = chapterAt(chapters, playback.time.value);
  return (
    <div class="watch-controls" role="group" aria-label={t("watch.controls")}>
      <SeekBar playback={playback} chapters={chapters} />
      <div class="watch-buttons" dir="ltr">
        <Button
          kind="quiet"
          icon={isPaused ? "play" : "pause"}
          label={t(isPaused ? "watch.play" : "watch.pause")}
          onClick={() => playback.toggle()}
        />
        {onNext && <Button kind="quiet" icon="next" class="watch-wide" label={t("watch.next")} onClick={onNext} />}
        <Volume playback={playback} />
        <span class="watch-time">
          {clock(playback.time.value)} / {clock(playback.duration.value)}
        </span>
        <span class="watch-chapter">
          <bdi>{chapter?.title}</bdi>
        </span>
        {subtitles.length > 0 && <SubtitleMenu {...props} />}
        <Menu label={t("watch.settings")} icon="settings" items={settingsOf(props)} />
        {!props.isSound && playback.mayShowPicture && (
          <Button
            kind="quiet"
            icon="picture"
            class="watch-wide"
            label={t(playback.isInPicture.value ? "watch.exitPicture" : "watch.picture")}
            onClick={() => playback.togglePicture()}
          />
        )}
        {playback.device.value && (
          <Button kind="quiet" icon="cast" label={t(`watch.device_${playback.device.value}`)} onClick={() => playback.chooseDevice()} />
        )}
        {!props.isSound && (
          <Button
            kind="quiet"
            icon={props.isFullscreen ? "window" : "fullscreen"}
            label={t(props.isFullscreen ? "watch.exitFullscreen" : "watch.fullscreen")}
            onClick={props.onFullscreen}
          />
        )}
      </div>
    </div>
  );
}

function Volume({ playback }: { playback: Playback }) {
  const isMuted = playback.isMuted.value;
  return (
    <div class="watch-volume">
      <Button
        kind="quiet"
        icon={isMuted ? "muted" : "volume"}
        label={t(isMuted ? "watch.unmute" : "watch.mute")}
        onClick={() => playback.toggleMuted()}
      />
      <input
        type="range"
        dir="ltr"
        min={0}
        max={1}
        step={0.05}
        value={isMuted ? 0 : playback.volume.value}
        aria-label={t("watch.volume")}
        onInput={(event) => playback.setVolume(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

function SubtitleMenu({ subtitles, shown, onSubtitle }: ControlsProps) {
  return (
    <Menu
      label={t("watch.subtitles")}
      icon="subtitles"
      items={[
        { text: t("watch.subtitlesOff"), isChecked: shown < 0, run: () => onSubtitle(-1) },
        ...subtitles.map(({ label }, index) => ({ text: label, isChecked: index === shown, run: () => onSubtitle(index) })),
      ]}
    />
  );
}

function rateText(rate: number): string {
  return t("watch.speedOf", { rate: new Intl.NumberFormat(language.value).format(rate) });
}

function settingsOf({ playback, chapters, isSound, onHelp, onNext }: ControlsProps): (MenuItem | null)[] {
  const now = chapterAt(chapters, playback.time.value);
  return [
    ...chapters.map((chapter) => ({
      text: `${clock(chapter.start)} ${chapter.title}`,
      isChecked: chapter === now,
      run: () => playback.seek(chapter.start),
    })),
    ...(chapters.length ? [null] : []),
    ...RATES.map((rate) => ({ text: rateText(rate), isChecked: playback.rate.value === rate, run: () => playback.setRate(rate) })),
    null,
    ...(onNext ? [{ text: t("watch.next"), icon: "next" as const, run: onNext }] : []),
    ...(!isSound && playback.mayShowPicture
      ? [{ text: t("watch.picture"), icon: "picture" as const, run: () => playback.togglePicture() }]
      : []),
    { text: t("watch.keys"), icon: "keyboard", run: onHelp },
  ];
}
