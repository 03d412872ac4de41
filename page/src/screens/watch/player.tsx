// The picture with its controls, which hide while it plays and nobody moves.
import { useComputed } from "@preact/signals";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type FileInfo, pictureOf, probeOf, saveAddress, secondsOf, titleOf } from "../../api/media";
import { clock, t } from "../../i18n";
import { Button, LinkButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import type { Chapter } from "./chapters";
import { Controls } from "./controls";
import { KeysDialog } from "./keys-dialog";
import { onKey } from "./keys";
import { useMediaSession } from "./media-session";
import { Playback } from "./playback";
import { choices, keepPosition, positionOf } from "./positions";
import { openSource } from "./source";
import { firstVisible, raiseCues, showTrack, type Subtitle } from "./subtitles";

export interface PlayerProps {
  path: string;
  info: FileInfo;
  subtitles: readonly Subtitle[];
  chapters: readonly Chapter[];
  // Plays what follows in the folder; null at its end.
  onNext: (() => void) | null;
}

const HIDE_MS = 2500;
const KEEP_MS = 5000;
const LEAP_SECONDS = 10;

export function Player({ path, info, subtitles, chapters, onNext }: PlayerProps) {
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [playback, setPlayback] = useState<Playback | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const [resumed, setResumed] = useState(0);
  const [shown, setShown] = useState(-1);
  const [isHelping, setHelping] = useState(false);
  const isFullscreen = useFullscreen(frame);
  const isSound = !probeOf(info).is_video;

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const own = new Playback(element, secondsOf(info));
    const from = positionOf(path);
    setPlayback(own);
    setResumed(from);
    const source = openSource(element, { path, info, from, onProblem: () => setFailed(true) });
    own.play();
    const release = keepWhilePlaying(path, own);
    return () => {
      release();
      source.release();
      own.release();
    };
  }, [path, info]);

  useLayoutEffect(() => setShown(firstVisible(subtitles)), [subtitles]);
  useEffect(() => {
    if (video.current) showTrack(video.current, shown);
  }, [shown, subtitles, playback?.hasBegun.value]);
  const chooseSubtitle = useCallback(
    (index: number) => {
      setShown(index);
      choices.keepSubtitles(subtitles[index]?.language ?? "");
    },
    [subtitles],
  );

  useEffect(() => {
    if (playback?.hasEnded.value && onNext && choices.playsNext()) onNext();
  }, [playback?.hasEnded.value]);

  const toggleFullscreen = () => frame.current && playback?.toggleFullscreen(frame.current);
  useEffect(() => {
    if (!playback) return;
    const hear = (event: KeyboardEvent) =>
      onKey(event, frame.current, {
        playback,
        toggleFullscreen,
        toggleSubtitles: () => subtitles.length && chooseSubtitle(shown < 0 ? 0 : -1),
        next: () => onNext?.(),
        help: () => setHelping(true),
      });
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [playback, subtitles, shown, onNext]);
  useMediaSession(playback, { title: titleOf(info), picture: pictureOf(info), onNext });

  const [isAwake, wake, sleep] = useAwake(playback, frame);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const raise = () => raiseCues(element, isAwake);
    raise();
    // Lines that come later, when the file of a track is there. The event does not bubble.
    element.addEventListener("load", raise, true);
    return () => element.removeEventListener("load", raise, true);
  }, [isAwake, shown]);
  return (
    <div
      ref={frame}
      class={`watch-player${isSound ? " sound" : ""}${isAwake ? "" : " asleep"}${isFullscreen ? " full" : ""}`}
      onPointerMove={(event) => (event.pointerType === "mouse" || event.target !== video.current) && wake()}
      onFocusIn={wake}
    >
      <video
        ref={video}
        class="watch-video"
        playsInline
        preload="metadata"
        poster={pictureOf(info) ?? undefined}
        aria-label={titleOf(info)}
        onPointerUp={(event) => playback && press(event, playback, isAwake ? sleep : wake)}
        onDblClick={(event) => matchMedia("(pointer: fine)").matches && !event.defaultPrevented && toggleFullscreen()}
      >
        {subtitles.map((subtitle) => (
          <track key={subtitle.url} kind="subtitles" src={subtitle.url} srclang={subtitle.language} label={subtitle.label} />
        ))}
      </video>
      {isSound && !pictureOf(info) && (
        <div class="watch-cover" aria-hidden="true">
          <Icon name="music" size={72} />
        </div>
      )}
      {hasFailed ? <Failure path={path} /> : playback && <Overlay playback={playback} resumed={resumed} />}
      {playback && !hasFailed && (
        <Controls
          playback={playback}
          chapters={chapters}
          subtitles={subtitles}
          shown={shown}
          onSubtitle={chooseSubtitle}
          onFullscreen={toggleFullscreen}
          isFullscreen={isFullscreen}
          isSound={isSound}
          onNext={onNext}
          onHelp={() => setHelping(true)}
        />
      )}
      {isHelping && <KeysDialog onClose={() => setHelping(false)} />}
    </div>
  );
}

function Overlay({ playback, resumed }: { playback: Playback; resumed: number }) {
  const [isOffered, setOffered] = useState(true);
  const isWaiting = useComputed(() => playback.isWaiting.value && !playback.isPaused.value);
  const isStill = useComputed(() => playback.isPaused.value);
  useEffect(() => {
    if (!resumed || !playback.hasBegun.value) return;
    const timer = setTimeout(() => setOffered(false), 8000);
    return () => clearTimeout(timer);
  }, [resumed, playback.hasBegun.value]);
  return (
    <>
      {isWaiting.value && (
        <div class="watch-waiting" role="status">
          <span class="spinner" />
          <span class="visually-hidden">{t("common.loading")}</span>
        </div>
      )}
      {isStill.value && (
        <button type="button" class="watch-large" aria-label={t(playback.hasEnded.value ? "watch.replay" : "watch.playLarge")} onClick={() => playback.play()}>
          <Icon name={playback.hasEnded.value ? "retry" : "play"} size={36} />
        </button>
      )}
      {resumed > 0 && isOffered && !playback.hasEnded.value && (
        <div class="watch-resumed">
          <span>{t("watch.resumed", { time: clock(resumed) })}</span>
          <Button
            kind="quiet"
            onClick={() => {
              playback.seek(0);
              setOffered(false);
            }}
          >
            {t("watch.fromStart")}
          </Button>
        </div>
      )}
    </>
  );
}

function Failure({ path }: { path: string }) {
  return (
    <div class="watch-failure" role="alert">
      <Icon name="warning" size={32} />
      <p>{t("watch.notPlayable")}</p>
      <LinkButton icon="download" href={saveAddress(path)} download="">
        {t("watch.save")}
      </LinkButton>
    </div>
  );
}

// A finger shows the controls or hides them, and twice at a side leaps; a mouse plays or pauses.
let lastTouch = 0;
function press(event: PointerEvent, playback: Playback, toggleControls: () => void): void {
  if (event.pointerType === "mouse") {
    if (event.button === 0) playback.toggle();
    return;
  }
  const isSecond = event.timeStamp - lastTouch < 300;
  lastTouch = event.timeStamp;
  if (isSecond) {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const place = (event.clientX - box.left) / box.width;
    if (place < 0.35) playback.skip(-LEAP_SECONDS);
    else if (place > 0.65) playback.skip(LEAP_SECONDS);
    else playback.toggle();
  } else toggleControls();
}

// Whether the controls are seen: while it stands still, while something in them has the focus, and shortly after a move.
function useAwake(playback: Playback | null, frame: { current: HTMLElement | null }): [boolean, () => void, () => void] {
  const [isAwake, setAwake] = useState(true);
  const timer = useRef(0);
  const wake = useCallback(() => {
    setAwake(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (!frame.current?.querySelector(":focus-visible, [role=menu]")) setAwake(false);
    }, HIDE_MS);
  }, []);
  const isPaused = playback?.isPaused.value ?? true;
  useEffect(wake, [isPaused]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const sleep = useCallback(() => setAwake(false), []);
  return [isAwake || isPaused, wake, sleep];
}

function useFullscreen(frame: { current: HTMLElement | null }): boolean {
  const [isFull, setFull] = useState(false);
  useEffect(() => {
    const hear = () => setFull(document.fullscreenElement === frame.current && frame.current !== null);
    document.addEventListener("fullscreenchange", hear);
    return () => document.removeEventListener("fullscreenchange", hear);
  }, []);
  return isFull;
}

function keepWhilePlaying(path: string, playback: Playback): () => void {
  const keep = () => {
    if (playback.hasBegun.peek()) keepPosition(path, playback.video.currentTime, playback.duration.peek());
  };
  const timer = setInterval(() => playback.isPaused.peek() || keep(), KEEP_MS);
  const end = new AbortController();
  addEventListener("pagehide", keep, { signal: end.signal });
  for (const name of ["pause", "ended", "seeked"]) playback.video.addEventListener(name, keep, { signal: end.signal });
  return () => {
    keep();
    clearInterval(timer);
    end.abort();
  };
}
