// The state of a <video> as signals, and what can be done with it.
import { signal } from "@preact/signals";
import { choices } from "./positions";

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

const EVENTS = [
  "play", "pause", "timeupdate", "durationchange", "seeking", "seeked", "progress", "volumechange", "ratechange",
  "waiting", "playing", "canplay", "ended", "emptied", "enterpictureinpicture", "leavepictureinpicture",
] as const; // prettier-ignore

// Safari's names for what others have standards for.
interface AppleVideo {
  webkitShowPlaybackTargetPicker?: () => void;
  webkitEnterFullscreen?: () => void;
}

export class Playback {
  readonly isPaused = signal(true);
  readonly isWaiting = signal(true);
  readonly hasBegun = signal(false);
  readonly hasEnded = signal(false);
  readonly time = signal(0);
  readonly duration = signal(0);
  readonly bufferedTo = signal(0);
  readonly volume = signal(1);
  readonly isMuted = signal(false);
  readonly rate = signal(1);
  readonly isInPicture = signal(false);
  // Where else it may play.
  readonly device = signal<"cast" | "airplay" | null>(null);

  private readonly end = new AbortController();

  constructor(
    readonly video: HTMLVideoElement,
    readonly expectedSeconds: number,
  ) {
    video.volume = choices.volume();
    video.playbackRate = video.defaultPlaybackRate = choices.rate();
    for (const name of EVENTS) video.addEventListener(name, () => this.readAll(name), { signal: this.end.signal });
    this.findDevices();
    this.readAll("emptied");
  }

  release(): void {
    this.end.abort();
  }

  private readAll(event: string): void {
    const video = this.video;
    this.isPaused.value = video.paused;
    this.time.value = video.currentTime;
    this.duration.value = Number.isFinite(video.duration) ? video.duration : this.expectedSeconds;
    this.hasEnded.value = video.ended;
    this.volume.value = video.volume;
    this.isMuted.value = video.muted || video.volume === 0;
    this.rate.value = video.playbackRate;
    this.isInPicture.value = document.pictureInPictureElement === video;
    this.bufferedTo.value = bufferedAt(video);
    if (event === "waiting" || event === "emptied" || event === "seeking") this.isWaiting.value = true;
    if (event === "playing" || event === "canplay" || event === "seeked") this.isWaiting.value = false;
    if (event === "playing") this.hasBegun.value = true;
    if (event === "volumechange" && !video.muted) choices.keepVolume(video.volume);
    if (event === "ratechange") choices.keepRate(video.playbackRate);
  }

  // Browsers refuse to begin with sound by themselves: then it waits for the button.
  play(): void {
    void this.video.play().catch(() => undefined);
  }

  toggle(): void {
    if (this.video.paused) this.play();
    else this.video.pause();
  }

  seek(seconds: number): void {
    const last = Math.max(0, this.duration.value - 0.1);
    this.video.currentTime = Math.min(last, Math.max(0, seconds));
    this.time.value = this.video.currentTime;
  }

  skip(seconds: number): void {
    this.seek(this.video.currentTime + seconds);
  }

  setVolume(volume: number): void {
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = false;
  }

  toggleMuted(): void {
    if (this.video.volume === 0) this.setVolume(0.5);
    else this.video.muted = !this.video.muted;
  }

  setRate(rate: number): void {
    this.video.playbackRate = this.video.defaultPlaybackRate = rate;
  }

  stepRate(step: 1 | -1): void {
    const now = this.video.playbackRate;
    const next = step > 0 ? RATES.find((rate) => rate > now) : RATES.findLast((rate) => rate < now);
    if (next) this.setRate(next);
  }

  get mayShowPicture(): boolean {
    return document.pictureInPictureEnabled && !this.video.disablePictureInPicture;
  }

  togglePicture(): void {
    const leave = document.pictureInPictureElement === this.video;
    void (leave ? document.exitPictureInPicture() : this.video.requestPictureInPicture()).catch(() => undefined);
  }

  toggleFullscreen(frame: HTMLElement): void {
    const apple = this.video as AppleVideo;
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (frame.requestFullscreen) void frame.requestFullscreen().catch(() => undefined);
    else apple.webkitEnterFullscreen?.();
  }

  // The browser shows its own list of televisions and speakers.
  chooseDevice(): void {
    if (this.device.value === "airplay") (this.video as AppleVideo).webkitShowPlaybackTargetPicker?.();
    else void this.video.remote.prompt().catch(() => undefined);
  }

  private findDevices(): void {
    if ("webkitShowPlaybackTargetPicker" in this.video) {
      const hear = (event: Event) => {
        this.device.value = (event as Event & { availability?: string }).availability === "available" ? "airplay" : null;
      };
      this.video.addEventListener("webkitplaybacktargetavailabilitychanged", hear, { signal: this.end.signal });
    } else if ("remote" in this.video) {
      void this.video.remote
        .watchAvailability((isThere) => (this.device.value = isThere ? "cast" : null))
        .catch(() => undefined); // this browser looks for none
    }
  }
}

function bufferedAt(video: HTMLVideoElement): number {
  for (let index = 0; index < video.buffered.length; index++) {
    if (video.buffered.start(index) <= video.currentTime + 0.5 && video.currentTime <= video.buffered.end(index))
      return video.buffered.end(index);
  }
  return 0;
}
