// Server-sent events of the API. A browser connects again by itself, behind the last event that it has seen; what the
// service refuses is tried again more slowly.
import { useEffect, useState } from "preact/hooks";
import { address } from "../api/client";

const REFUSED_WAIT_MS = 10_000;
// A stream that ends in its turn is open again by then.
const LOST_AFTER_MS = 5000;

export type StreamState = "opening" | "open" | "lost";

export interface StreamEvent {
  name: string;
  id: string;
  data: Record<string, unknown>;
}

interface Stream {
  // Null: nothing is listened to.
  path: string | null;
  query?: Record<string, string>;
  events: readonly string[];
  // False ends the stream.
  onEvent: (event: StreamEvent) => boolean | void;
  onOpen?: () => void;
}

// Listens while the component is there; anew when path or query change.
export function useStream({ path, query = {}, events, onEvent, onOpen }: Stream): StreamState {
  const [state, setState] = useState<StreamState>("opening");
  const key = path && address(path, query);
  useEffect(() => {
    if (!key) return;
    let source: EventSource;
    let timer = 0;
    let lost = 0;
    const open = () => {
      source = new EventSource(key);
      source.onopen = () => {
        clearTimeout(lost);
        lost = 0;
        setState("open");
        onOpen?.();
      };
      source.onerror = () => {
        lost ||= setTimeout(() => setState("lost"), LOST_AFTER_MS);
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REFUSED_WAIT_MS);
      };
      for (const name of events) {
        source.addEventListener(name, (event: MessageEvent<string>) => {
          const data = JSON.parse(event.data) as Record<string, unknown>;
          if (onEvent({ name, id: event.lastEventId, data }) === false) source.close();
        });
      }
    };
    setState("opening");
    open();
    return () => {
      clearTimeout(timer);
      clearTimeout(lost);
      source.close();
    };
  }, [key]);
  return state;
}
