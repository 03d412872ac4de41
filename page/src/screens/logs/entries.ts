// Lines of the log, newest first: a page when asked for, and each new one as it is written.
import { useRef, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { type StreamState, useStream } from "../../live/stream";

export type Entry = components["schemas"]["Entry"];

export interface Query {
  level: string;
  search: string;
  item_id: string;
}

const PAGE = 100;
const MOST = 5000;
// Below the top of the list nothing may move: new lines wait there.
const TOP_PIXELS = 120;

export interface Lines {
  entries: readonly Entry[];
  // How many new ones wait to be shown.
  waiting: number;
  isLoading: boolean;
  hasOlder: boolean;
  problem: unknown;
  state: StreamState;
  loadOlder: () => void;
  showWaiting: () => void;
  reload: () => void;
}

interface Store {
  entries: Entry[];
  waiting: Entry[];
  ids: Set<string>;
}

// A component with another `query` needs another key: nothing of the former lines is kept.
export function useLines(query: Query, isHeld: boolean): Lines {
  const store = useRef<Store>({ entries: [], waiting: [], ids: new Set() });
  const [, draw] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const [hasOlder, setOlder] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const held = useRef(isHeld);
  held.current = isHeld;
  const redraw = () => draw((n) => n + 1);
  const filters = Object.fromEntries(Object.entries(query).filter(([, value]) => value));
  const load = async (offset: number) => {
    setLoading(true);
    setProblem(null);
    try {
      const page = await call(api.GET("/api/logs", { params: { query: { ...filters, offset: String(offset), limit: String(PAGE) } } }));
      append(store.current, page.logs);
      setOlder(!page.end_is_reached && store.current.entries.length < MOST);
    } catch (error) {
      setProblem(error);
    }
    setLoading(false);
  };
  const size = () => store.current.entries.length + store.current.waiting.length;
  const showWaiting = () => {
    store.current.entries = [...store.current.waiting, ...store.current.entries].slice(0, MOST);
    store.current.waiting = [];
    redraw();
  };
  const state = useStream({
    path: "/api/logs/stream",
    query: filters,
    events: ["log_lines"],
    // What was written before the stream was open is in the page.
    onOpen: () => void load(0),
    onEvent: ({ data }) => {
      const entry = data as unknown as Entry;
      if (store.current.ids.has(entry.id)) return;
      store.current.ids.add(entry.id);
      store.current.waiting = [entry, ...store.current.waiting].slice(0, MOST);
      if (held.current || scrollY > TOP_PIXELS) redraw();
      else showWaiting();
    },
  });
  return {
    entries: store.current.entries,
    waiting: store.current.waiting.length,
    isLoading,
    hasOlder,
    problem,
    state,
    loadOlder: () => {
      if (!isLoading && hasOlder) void load(size());
    },
    showWaiting,
    reload: () => void load(0),
  };
}

// A page is oldest first; the list newest first.
function append(store: Store, page: readonly Entry[]): void {
  const fresh = [...page].reverse().filter((entry) => !store.ids.has(entry.id));
  fresh.forEach((entry) => store.ids.add(entry.id));
  const all = [...store.entries, ...fresh];
  store.entries = all.sort((one, other) => timeOf(other) - timeOf(one));
}

export function timeOf(entry: Entry): number {
  return entry.datetime ? Date.parse(entry.datetime) : 0;
}
