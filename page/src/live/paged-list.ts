// A list of the server of which only what is looked at is loaded: a number of slots, most of them empty.
//
// Events change it in place where it is certain what they mean. Where it is not (an item leaves that was never loaded),
// the list is told again from the server, which costs the pages that are in view.
import { signal } from "@preact/signals";
import { api, call } from "../api/client";
import { type Item, isNewer, itemOf, now, type Status, takeAnswer } from "./items";

export interface Query {
  type: "queue" | "done";
  statuses: readonly Status[];
  order: "ASC" | "DESC";
  search: string;
}

const PAGE = 100;
const REFRESH_MS = 400;
// So long a list that was told again rests, however much happens.
const REST_MS = 2000;
const MOST_TRIES = 3;

// Whether a search that finds the one finds the other (docs/contract/downloads.md 4.1).
function isFoundAlike(item: Item, other: Item): boolean {
  const extras = ["uploader", "channel"].every((name) => item.extras[name] === other.extras[name]);
  return extras && item.title === other.title && item.url === other.url && item.folder === other.folder;
}

export class PagedList {
  // How many the server has; null until it has said so.
  readonly total = signal<number | null>(null);
  // Grows with every change of which items are where.
  readonly version = signal(0);
  readonly problem = signal<unknown>(null);
  // Whether the server has been asked.
  isAsked = false;

  private slots: (string | undefined)[] = [];
  private contained = new Set<string>();
  private loading = new Map<number, Promise<void>>();
  private inView: [number, number] = [0, PAGE - 1];
  private changes = 0;
  private timer = 0;
  private reloadedAt = -REST_MS;
  private epoch = 0;

  constructor(readonly query: Query) {}

  at(index: number): string | undefined {
    return this.slots[index];
  }

  has(id: string): boolean {
    return this.contained.has(id);
  }

  indexOf(id: string): number {
    return this.contained.has(id) ? this.slots.indexOf(id) : -1;
  }

  belongs(item: Item): boolean {
    return this.query.statuses.includes(item.status);
  }

  // Loads what of `first` to `last` is not there.
  look(first: number, last: number): void {
    this.inView = [first, last];
    const end = Math.min(last, (this.total.peek() ?? 0) - 1);
    for (let page = Math.floor(first / PAGE); page * PAGE <= end; page++) {
      const slots = this.slots.slice(Math.max(page * PAGE, first), Math.min((page + 1) * PAGE, end + 1));
      if (slots.includes(undefined)) void this.loadOnce(page); // a slot that was never filled counts, too
    }
  }

  // The same, and waits for it.
  async load(first: number, last: number): Promise<void> {
    const pages = [];
    for (let page = Math.floor(first / PAGE); page * PAGE <= last; page++) pages.push(this.loadOnce(page));
    await Promise.all(pages);
  }

  // All is doubtful: after a lost connection.
  reload(): void {
    this.isAsked = true;
    this.reloadedAt = performance.now();
    this.epoch++;
    this.loading.clear();
    this.contained.clear();
    const previous = this.slots;
    this.slots = new Array<string | undefined>(previous.length);
    // What is in view stays until the answer is there.
    const [first, last] = this.inView;
    for (let index = first; index <= Math.min(last, previous.length - 1); index++) this.put(index, previous[index]);
    const pages = new Set([Math.floor(first / PAGE), Math.floor(last / PAGE)]);
    pages.forEach((page) => void this.loadOnce(page, true));
  }

  // Something changed of which it is unknown where: soon, once for all of it.
  refresh(): void {
    if (this.timer) return;
    const waitMs = this.reloadedAt + REST_MS - performance.now();
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.reload();
    }, Math.max(REFRESH_MS, waitMs));
  }

  // What an event said of an item. `before`: what was known of it; `isNew`: until now it was in no list like this one.
  take(item: Item, before: Item | undefined, isNew: boolean): void {
    const wasHere = !isNew && (before ? this.belongs(before) : undefined);
    if (this.contained.has(item._id)) {
      if (!this.belongs(item)) this.remove(item._id);
    } else if (!this.belongs(item)) {
      if (wasHere) this.leave(item._id, before);
    } else if (this.query.search) {
      // What a search finds is the server's business; progress changes nothing about it.
      if (!wasHere || !before || !isFoundAlike(item, before)) this.refresh();
    } else if (wasHere === false || !this.hasGaps()) {
      this.insert(item._id);
    } else if (wasHere === undefined) {
      this.refresh(); // it may have been here all the time, out of sight
    }
  }

  // An item that may be here has gone.
  leave(id: string, before: Item | undefined): void {
    if (this.contained.has(id)) this.remove(id);
    else if (this.hasGaps() && (!before || this.belongs(before))) this.refresh();
  }

  // Stops what is still to come.
  release(): void {
    clearTimeout(this.timer);
  }

  // All ids, loaded or not; asks a thousand at a time.
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.fetch(page, 1000);
      ids.push(...answer.items.map((item) => item._id));
      if (!answer.pagination.has_next) return ids;
    }
  }

  hasGaps(): boolean {
    return this.contained.size < (this.total.value ?? 0);
  }

  private insert(id: string): void {
    this.changes++;
    this.contained.add(id);
    if (this.query.order === "DESC") this.slots.unshift(id);
    else this.slots[this.total.value ?? this.slots.length] = id;
    this.total.value = (this.total.value ?? 0) + 1;
    this.touch();
  }

  private remove(id: string): void {
    this.changes++;
    this.contained.delete(id);
    this.slots.splice(this.slots.indexOf(id), 1);
    this.total.value = Math.max(0, (this.total.value ?? 1) - 1);
    this.touch();
  }

  private put(index: number, id: string | undefined): void {
    const before = this.slots[index];
    if (before === id) return;
    if (before !== undefined) this.contained.delete(before);
    if (id !== undefined && this.contained.has(id)) this.slots[this.slots.indexOf(id)] = undefined;
    this.slots[index] = id;
    if (id !== undefined) this.contained.add(id);
  }

  private touch(): void {
    this.version.value++;
  }

  private loadOnce(page: number, isForced = false): Promise<void> {
    const running = this.loading.get(page);
    if (running && !isForced) return running;
    const epoch = this.epoch;
    const promise = this.loadPage(page, epoch).finally(() => {
      if (this.loading.get(page) === promise) this.loading.delete(page);
    });
    this.loading.set(page, promise);
    return promise;
  }

  private async loadPage(page: number, epoch: number): Promise<void> {
    try {
      for (let attempt = 1; ; attempt++) {
        const [since, changes] = [now(), this.changes];
        const answer = await this.fetch(page + 1, PAGE);
        if (epoch !== this.epoch) return;
        // While the answer was under way, places moved: it is asked for again, but not for ever.
        if (changes !== this.changes && attempt < MOST_TRIES) continue;
        this.place(page, answer.items, answer.pagination.total, since);
        this.problem.value = null;
        return;
      }
    } catch (error) {
      if (epoch === this.epoch) this.problem.value = error;
    }
  }

  private place(page: number, items: Item[], total: number, since: number): void {
    this.resize(total);
    items.forEach((item) => takeAnswer(item, since));
    const start = page * PAGE;
    const ids = items.map((item) => item._id).filter((id) => !isNewer(id, since) || this.isHere(id));
    for (let offset = 0; offset < Math.min(PAGE, total - start); offset++) this.put(start + offset, ids[offset]);
    this.touch();
  }

  // By what was heard of it since the question was asked.
  private isHere(id: string): boolean {
    const item = itemOf(id)?.peek();
    return item !== undefined && this.belongs(item);
  }

  private resize(total: number): void {
    this.slots.slice(total).forEach((id) => id !== undefined && this.contained.delete(id));
    this.slots.length = total;
    this.total.value = total;
  }

  private async fetch(page: number, size: number) {
    const { type, order, search, statuses } = this.query;
    const query = {
      type,
      order,
      page,
      per_page: size,
      status: statuses.join(","),
      ...(search ? { search } : {}),
    };
    const answer = await call(api.GET("/api/history", { params: { query } }));
    if (!("items" in answer)) throw new Error("The answer is no page.");
    return answer;
  }
}
