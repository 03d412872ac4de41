// How a file gets into the element: as it is where the browser plays it, else as HLS, which the service makes of it.
import type HlsType from "hls.js";
import { address, pathOf } from "../../api/client";
import { type FileInfo, fileAddress, probeOf, type Stream } from "../../api/media";

// What the names of ffprobe are in the types that browsers are asked about.
const CODECS: Record<string, string> = {
  h264: "avc1.640028",
  hevc: "hvc1.1.6.L120.B0",
  av1: "av01.0.08M.08",
  vp9: "vp09.00.40.08",
  vp8: "vp8",
  aac: "mp4a.40.2",
  mp3: "mp3",
  opus: "opus",
  vorbis: "vorbis",
  flac: "flac",
  ac3: "ac-3",
  eac3: "ec-3",
};
const HLS_TYPE = "application/vnd.apple.mpegurl";
const MOST_RECOVERIES = 3;

export function playsDirectly(info: FileInfo, element: HTMLMediaElement): boolean {
  const probe = probeOf(info);
  const codecs = [probe.video?.[0], probe.audio?.[0]].filter((stream) => stream !== undefined).map(codecOf);
  if (codecs.includes("")) return false;
  const type = codecs.length ? `${info.mimetype}; codecs="${codecs.join(", ")}"` : info.mimetype;
  return element.canPlayType(type) !== "";
}

function codecOf(stream: Stream): string {
  // Browsers play 4:2:0 with 8 bits; what else H.264 can be is converted.
  if (stream.codec_name === "h264" && /10|4:2:2|4:4:4/.test(stream.profile ?? "")) return "";
  return CODECS[stream.codec_name ?? ""] ?? "";
}

export interface Source {
  release: () => void;
}

interface Wish {
  path: string;
  info: FileInfo;
  // Seconds at which it goes on.
  from: number;
  onProblem: () => void;
}

export function openSource(element: HTMLVideoElement, wish: Wish): Source {
  let current: Source = { release: () => undefined };
  let isReleased = false;
  const toHls = (from: number) => {
    current.release();
    void openHls(element, { ...wish, from }).then((source) => {
      if (isReleased) source.release();
      else current = source;
    }, wish.onProblem);
  };
  if (playsDirectly(wish.info, element)) current = openFile(element, wish, () => toHls(element.currentTime || wish.from));
  else toHls(wish.from);
  return {
    release: () => {
      isReleased = true;
      current.release();
      element.removeAttribute("src");
      element.load();
    },
  };
}

function startAt(element: HTMLVideoElement, seconds: number): void {
  if (!seconds) return;
  const go = () => (element.currentTime = seconds);
  if (element.readyState >= HTMLMediaElement.HAVE_METADATA) go();
  else element.addEventListener("loadedmetadata", go, { once: true });
}

function openFile(element: HTMLVideoElement, { path, from }: Wish, onFailure: () => void): Source {
  const fail = () => onFailure();
  element.addEventListener("error", fail, { once: true });
  element.src = fileAddress(path);
  startAt(element, from);
  return { release: () => element.removeEventListener("error", fail) };
}

// Devices of Apple play HLS by themselves, and only so to a television.
function hasOwnHls(element: HTMLVideoElement): boolean {
  return "webkitShowPlaybackTargetPicker" in element && element.canPlayType(HLS_TYPE) !== "";
}

async function openHls(element: HTMLVideoElement, wish: Wish): Promise<Source> {
  const list = `${pathOf(wish.path)}.m3u8`;
  if (hasOwnHls(element)) return openNative(element, address(`/api/player/m3u8/video/${list}`), wish);
  const { default: Hls } = await import("hls.js/light");
  if (!Hls.isSupported()) {
    if (element.canPlayType(HLS_TYPE)) return openNative(element, address(`/api/player/m3u8/video/${list}`), wish);
    throw new Error("This browser plays neither the file nor HLS.");
  }
  const hls = new Hls({ startPosition: wish.from || -1 });
  hls.loadSource(address(`/api/player/playlist/${list}`));
  hls.attachMedia(element);
  recover(hls, Hls, wish.onProblem);
  return { release: () => hls.destroy() };
}

function openNative(element: HTMLVideoElement, list: string, wish: Wish): Source {
  const fail = () => wish.onProblem();
  element.addEventListener("error", fail, { once: true });
  element.src = list;
  startAt(element, wish.from);
  return { release: () => element.removeEventListener("error", fail) };
}

// A broken connection or a damaged piece is tried again a few times.
function recover(hls: HlsType, Hls: typeof HlsType, onProblem: () => void): void {
  let recoveries = 0;
  hls.on(Hls.Events.ERROR, (_event, error) => {
    if (!error.fatal) return;
    const isOver = ++recoveries > MOST_RECOVERIES || error.details === Hls.ErrorDetails.MANIFEST_LOAD_ERROR;
    if (!isOver && error.type === Hls.ErrorTypes.NETWORK_ERROR) hls.startLoad();
    else if (!isOver && error.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else onProblem();
  });
}
