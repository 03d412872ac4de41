// The lists that a screen watches, kept as the events say.
import { effect } from "@preact/signals";
import { forget, type Item, isQueued, itemOf, takeEvent, trim } from "./items";
import { PagedList, type Query } from "./paged-list";
import { connection, type LiveEvent, onEvent, onOpen } from "./socket";

const watched = new Set<PagedList>();

// A list that follows what happens until `release` is called.
export function watchList(query: Query): { list: PagedList; release: () => void } {
  const list = new PagedList(query);
  watched.add(list);
  // Before the first connection nothing is loaded: what happens between an answer and the connection would be missed.
  const stop = effect(() => {
    if (connection.value !== "opening") queueMicrotask(() => !list.isAsked && list.reload());
  });
  return {
    list,
    release: () => {
      stop();
      watched.delete(list);
      list.release();
    },
  };
}

// Whatever an answer to a request of ours says, before the event comes.
export function tookItem(item: Item): void {
  change(item, false);
}

export function lostItem(id: string): void {
  const before = itemOf(id)?.peek();
  forget(id);
  watched.forEach((list) => list.leave(id, before));
}

function hear({ event, data }: LiveEvent): void {
  switch (event) {
    case "item_added":
      return change(data as unknown as Item, true);
    case "item_updated":
    case "item_cancelled":
      return change(data as unknown as Item, false);
    case "item_moved":
      return move((data as { item?: Item }).item);
    case "item_deleted":
      return lostItem(String(data["_id"] ?? data["id"]));
    case "item_progress":
      return progress(data);
    case "queue_reordered":
    case "item_bulk_deleted":
      return watched.forEach((list) => list.refresh());
  }
}

function change(item: Item, isNew: boolean): void {
  const before = itemOf(item._id)?.peek();
  takeEvent(item);
  const type = isQueued(item) ? "queue" : "done";
  watched.forEach((list) => {
    if (list.query.type === type || list.has(item._id)) list.take(item, before, isNew);
  });
}

function move(item: Item | undefined): void {
  if (!item) return;
  const before = itemOf(item._id)?.peek();
  takeEvent(item);
  watched.forEach((list) => {
    if (list.query.type === "done") list.take(item, before, true);
    else list.leave(item._id, before);
  });
}

// A part of an item, of which all else stayed. Of an item that was never loaded nobody shows anything.
function progress({ _id: id, ...part }: Record<string, unknown>): void {
  const before = itemOf(String(id))?.peek();
  if (before) change({ ...before, ...(part as Partial<Item>) }, false);
}

export function startLists(): void {
  onEvent(hear);
  onOpen(() => watched.forEach((list) => list.reload()));
  setInterval(() => trim((id) => [...watched].some((list) => list.has(id))), 60_000);
}
