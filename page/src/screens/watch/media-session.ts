// What lock screens, headsets and media keys show and do.
import { useEffect } from "preact/hooks";
import type { Playback } from "./playback";

interface Shown {
  title: string;
  picture: string | null;
  onNext: (() => void) | null;
}

export function useMediaSession(playback: Playback | null, { title, picture, onNext }: Shown): void {
  useEffect(() => {
    if (!playback || !("mediaSession" in navigator)) return;
    const session = navigator.mediaSession;
    session.metadata = new MediaMetadata({ title, artwork: picture ? [{ src: picture }] : [] });
    const handlers: [MediaSessionAction, MediaSessionActionHandler | null][] = [
      ["play", () => playback.play()],
      ["pause", () => playback.video.pause()],
      ["seekbackward", ({ seekOffset }) => playback.skip(-(seekOffset ?? 10))],
      ["seekforward", ({ seekOffset }) => playback.skip(seekOffset ?? 10)],
      ["seekto", ({ seekTime }) => playback.seek(seekTime ?? 0)],
      ["nexttrack", onNext],
    ];
    for (const [action, handler] of handlers) handle(session, action, handler);
    return () => {
      session.metadata = null;
      for (const [action] of handlers) handle(session, action, null);
    };
  }, [playback, title, picture, onNext]);
}

function handle(session: MediaSession, action: MediaSessionAction, handler: MediaSessionActionHandler | null): void {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // This browser does not know that action.
  }
}
