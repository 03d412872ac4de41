// What all screens share: settings, presets, fields, whether the queue is paused, who is signed in.
import { computed, signal } from "@preact/signals";
import { api, call } from "../api/client";
import type { components } from "../api/schema";
import { type LiveEvent, onEvent, onOpen } from "./socket";

export type Configuration = components["schemas"]["Configuration"];

export const configuration = signal<Configuration | null>(null);
export const isPaused = signal(false);
export const settings = computed(() => (configuration.value?.app ?? {}) as Record<string, unknown>);
export const presets = computed(() => configuration.value?.presets ?? []);
export const fields = computed(() => configuration.value?.dl_fields ?? []);
// Grows when a resource of this kind changed somewhere: {tasks: 3}.
export const changed = signal<Record<string, number>>({});

const SHARED = new Set(["presets", "dl_fields"]);
let epoch = 0;

export async function loadState(): Promise<void> {
  const mine = ++epoch;
  const answer = await call(api.GET("/api/system/configuration", { params: { query: { without: "folders,queue" } } }));
  if (mine !== epoch) return;
  configuration.value = answer;
  isPaused.value = answer.paused;
}

function hear({ event, data }: LiveEvent): void {
  if (event === "paused" || event === "resumed") isPaused.value = event === "paused";
  if (event !== "config_update") return;
  const feature = String(data["feature"]);
  changed.value = { ...changed.value, [feature]: (changed.value[feature] ?? 0) + 1 };
  if (SHARED.has(feature)) void loadState().catch(() => undefined);
}

export function startState(): void {
  onEvent(hear);
  onOpen(() => void loadState().catch(() => undefined));
}
