// A folder of any size: a number of slots, of which only what is looked at is loaded.
import { computed, signal } from "@preact/signals";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";

export type Entry = components["schemas"]["EntryView"];

export const SORTS = ["name", "date", "size", "type"] as const;
export type Sort = (typeof SORTS)[number];

export interface View {
  // Below the root, without slashes at its ends.
  path: string;
  sort: Sort;
  order: "asc" | "desc";
  search: string;
}

const PAGE = 200;
const LARGEST_PAGE = 1000;
const PICTURES = ["jpg", "jpeg", "png", "webp"];

export function placeOf(entry: Entry): string {
  return entry.path.replace(/^\//, "");
}

export class Folder {
  // How many entries there are; null until the service has said so.
  readonly total = signal<number | null>(null);
  readonly problem = signal<unknown>(null);
  readonly version = signal(0);
  // Paths of what is selected, and their entries.
  readonly chosen = signal<ReadonlyMap<string, Entry>>(new Map());
  // The one that gets another name, by its path.
  readonly renamed = signal<string | null>(null);
  readonly isChoosing = computed(() => this.chosen.value.size > 0);

  private slots: (Entry | undefined)[] = [];
  private pictures = new Set<string>();
  private loading = new Map<number, Promise<void>>();
  private inView: [number, number] = [0, 0];
  private lastChosen = 0;
  private epoch = 0;

  constructor(readonly view: View) {}

  at(index: number): Entry | undefined {
    return this.slots[index];
  }

  look(first: number, last: number): void {
    this.inView = [first, last];
    const end = Math.min(last, (this.total.value ?? 1) - 1);
    for (let page = Math.floor(first / PAGE); page * PAGE <= Math.max(end, 0); page++) {
      const slots = this.slots.slice(Math.max(page * PAGE, first), Math.min((page + 1) * PAGE, end + 1));
      if (this.total.value === null || slots.includes(undefined)) void this.loadOnce(page);
    }
  }

  // What is seen stays until the answer is there.
  async reload(): Promise<void> {
    this.epoch++;
    this.loading.clear();
    const [first, last] = this.inView;
    const previous = this.slots;
    this.slots = new Array<Entry | undefined>(previous.length);
    for (let index = first; index <= last; index++) this.slots[index] = previous[index];
    const pages = new Set([Math.floor(first / PAGE), Math.floor(last / PAGE)]);
    await Promise.all([...pages].map((page) => this.loadOnce(page)));
  }

  // A picture to show for an entry: itself, or the one of the same name beside it.
  pictureOf(entry: Entry): string | null {
    if (entry.content_type === "image") return placeOf(entry);
    if (entry.content_type !== "video" && entry.content_type !== "audio") return null;
    const stem = placeOf(entry).replace(/\.[^./]+$/, "");
    const end = PICTURES.find((name) => this.pictures.has(`${stem}.${name}`));
    return end ? `${stem}.${end}` : null;
  }

  async choose(index: number, isChosen: boolean, isRange: boolean): Promise<void> {
    const [first, last] = isRange ? [this.lastChosen, index].sort((one, other) => one - other) : [index, index];
    this.lastChosen = index;
    const pages = [];
    for (let page = Math.floor((first ?? 0) / PAGE); page * PAGE <= (last ?? 0); page++) {
      if (this.slots.slice(page * PAGE, (page + 1) * PAGE).includes(undefined)) pages.push(this.loadOnce(page));
    }
    await Promise.all(pages);
    const chosen = new Map(this.chosen.value);
    for (const entry of this.slots.slice(first, (last ?? 0) + 1)) {
      if (!entry) continue;
      if (isChosen) chosen.set(placeOf(entry), entry);
      else chosen.delete(placeOf(entry));
    }
    this.chosen.value = chosen;
  }

  async chooseAll(): Promise<void> {
    const chosen = new Map<string, Entry>();
    for (let page = 1; ; page++) {
      const { contents, pagination } = await this.fetch(page, LARGEST_PAGE);
      for (const entry of contents) chosen.set(placeOf(entry), entry);
      if (!pagination.has_next) break;
    }
    this.chosen.value = chosen;
  }

  chooseNone(): void {
    this.chosen.value = new Map();
  }

  private loadOnce(page: number): Promise<void> {
    const running = this.loading.get(page);
    if (running) return running;
    const promise = this.load(page, this.epoch).finally(() => {
      if (this.loading.get(page) === promise) this.loading.delete(page);
    });
    this.loading.set(page, promise);
    return promise;
  }

  private async load(page: number, epoch: number): Promise<void> {
    try {
      const { contents, pagination } = await this.fetch(page + 1, PAGE);
      if (epoch !== this.epoch) return;
      this.slots.length = pagination.total;
      for (let offset = 0; offset < Math.min(PAGE, pagination.total - page * PAGE); offset++) {
        this.slots[page * PAGE + offset] = contents[offset];
      }
      for (const entry of contents) if (entry.content_type === "image") this.pictures.add(placeOf(entry));
      this.total.value = pagination.total;
      this.problem.value = null;
      this.version.value++;
    } catch (error) {
      if (epoch === this.epoch) this.problem.value = error;
    }
  }

  private fetch(page: number, size: number) {
    const { path, sort, order, search } = this.view;
    const query = { page, per_page: size, sort_by: sort, sort_order: order, ...(search ? { search } : {}) };
    if (!path) return call(api.GET("/api/file/browser", { params: { query } }));
    return call(api.GET("/api/file/browser/{path}", { params: { path: { path }, query } }));
  }
}
