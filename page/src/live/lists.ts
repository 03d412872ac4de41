// The lists that a screen watches, kept as the events say.
import { effect } from "@preact/signals";
import { forget, type Item, isQueued, takeEvent, trim } from "./items";
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
    },
  };
}

// Whatever an answer to a request of ours says, before the event comes.
export function tookItem(item: Item): void {
  takeEvent(item);
  watched.forEach((list) => list.take(item, false));
}

export function lostItem(id: string): void {
  forget(id);
  watched.forEach((list) => list.leave(id));
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
  takeEvent(item);
  watched.forEach((list) => {
    const type = isQueued(item) ? "queue" : "done";
    if (list.query.type === type || list.has(item._id)) list.take(item, isNew);
  });
}

function move(item: Item | undefined): void {
  if (!item) return;
  takeEvent(item);
  watched.forEach((list) => {
    if (list.query.type === "done") list.take(item, true);
    else list.leave(item._id);
  });
}

// A part of an item, of which all else stayed.
function progress(data: Record<string, unknown>): void {
  const id = String(data["_id"]);
  for (const list of watched) if (list.has(id)) list.refresh();
}

export function startLists(): void {
  onEvent(hear);
  onOpen(() => watched.forEach((list) => list.reload()));
  setInterval(() => trim((id) => [...watched].some((list) => list.has(id))), 60_000);
}
