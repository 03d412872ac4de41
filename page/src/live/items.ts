// Every item that is known, once: a row shows the signal of its own item, so that progress draws one row.
import { type Signal, signal } from "@preact/signals";
import type { components } from "../api/schema";

export type Item = components["schemas"]["ItemView"];
export type Status = Item["status"];

export const QUEUE_STATUSES: readonly Status[] = ["pending", "preparing", "downloading", "postprocessing"];
export const RUNNING_STATUSES: readonly Status[] = ["preparing", "downloading", "postprocessing"];
export const DONE_STATUSES: readonly Status[] = ["finished", "error", "skip", "cancelled", "not_live"];

const MOST = 5000;
const signals = new Map<string, Signal<Item>>();
// How many events came before the one that told of an item last: what a slower answer says of it is older.
const heardAt = new Map<string, number>();
let heard = 0;

export function isQueued(item: Item): boolean {
  return QUEUE_STATUSES.includes(item.status);
}

export function isRunning(item: Item): boolean {
  return RUNNING_STATUSES.includes(item.status);
}

export function itemOf(id: string): Signal<Item> | undefined {
  return signals.get(id);
}

// The place in the order of events, to be given to `takeAnswer` with the answer of a request that begins now.
export function now(): number {
  return heard;
}

export function takeEvent(item: Item): void {
  heardAt.set(item._id, ++heard);
  set(item);
}

export function forget(id: string): void {
  heardAt.set(id, ++heard);
  signals.delete(id);
}

export function isNewer(id: string, since: number): boolean {
  return (heardAt.get(id) ?? 0) > since;
}

// An item out of an answer whose request began at `since`; an event that came meanwhile wins.
export function takeAnswer(item: Item, since: number): void {
  if (!isNewer(item._id, since)) set(item);
}

function set(item: Item): void {
  const existing = signals.get(item._id);
  if (existing) existing.value = item;
  else signals.set(item._id, signal(item));
}

// Rows far away are loaded again when somebody goes there.
export function trim(isUsed: (id: string) => boolean): void {
  if (signals.size <= MOST) return;
  for (const id of signals.keys()) if (!isUsed(id)) signals.delete(id);
}
