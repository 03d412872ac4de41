// Lists that the service keeps, loaded again whenever they changed somewhere, and removals that can be taken back.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { tellProblem, withUndo } from "../parts/toast";
import { onOpen } from "./socket";
import { changed } from "./state";

export interface Loaded<T> {
  value: T | null;
  problem: unknown;
  reload: () => void;
}

// `feature` as `config_update` names it. An answer that a newer one has overtaken is dropped.
export function useLoaded<T>(load: () => Promise<T>, feature: string, key = ""): Loaded<T> {
  const [state, setState] = useState<{ value: T | null; problem: unknown }>({ value: null, problem: null });
  const [round, setRound] = useState(0);
  const version = changed.value[feature] ?? 0;
  useEffect(() => onOpen(() => setRound((n) => n + 1)), []);
  useEffect(() => {
    let isOld = false;
    load().then(
      (value) => !isOld && setState({ value, problem: null }),
      (problem: unknown) => !isOld && setState((before) => ({ ...before, problem })),
    );
    return () => {
      isOld = true;
    };
  }, [round, version, key]);
  return { ...state, reload: () => setRound((n) => n + 1) };
}

// "tasks/3": what is about to be removed, and no longer shown.
const hidden = signal<ReadonlySet<string>>(new Set());

export function isHidden(key: string): boolean {
  return hidden.value.has(key);
}

function hide(key: string, isGone: boolean): void {
  const next = new Set(hidden.value);
  if (isGone) next.add(key);
  else next.delete(key);
  hidden.value = next;
}

export function removeLater(key: string, text: string, remove: () => Promise<unknown>): void {
  hide(key, true);
  const run = () => void remove().catch((problem: unknown) => (hide(key, false), tellProblem(problem)));
  withUndo(text, run, () => hide(key, false));
}
