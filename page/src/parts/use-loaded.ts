// Something of the API that a screen shows, loaded at once and again after a change.
import { useEffect, useState } from "preact/hooks";

export interface Loaded<T> {
  value: T | null;
  problem: unknown;
  load: () => void;
}

export function useLoaded<T>(ask: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const load = () => {
    setProblem(null);
    ask().then(setValue, setProblem);
  };
  useEffect(load, []);
  return { value, problem, load };
}
