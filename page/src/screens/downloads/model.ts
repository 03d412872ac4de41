// The list of the screen: running, waiting and ended items as one, and which of them are chosen.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { DONE_STATUSES, type Item, itemOf, RUNNING_STATUSES, type Status } from "../../live/items";
import { watchList } from "../../live/lists";
import type { PagedList } from "../../live/paged-list";

export const FILTERS = ["all", "running", "waiting", "finished", "failed", "other"] as const;
export type Filter = (typeof FILTERS)[number];

const ENDED: Partial<Record<Filter, readonly Status[]>> = {
  all: DONE_STATUSES,
  finished: ["finished"],
  failed: ["error"],
  other: ["skip", "cancelled", "not_live"],
};

export interface Section {
  name: "running" | "waiting" | "ended";
  list: PagedList;
}

export type Line = { kind: "heading"; section: Section } | { kind: "item"; list: PagedList; index: number };

export class Model {
  readonly sections: Section[];
  readonly chosen = signal<ReadonlySet<string>>(new Set());
  // Gone from sight while their removal may still be taken back.
  readonly leaving = signal<ReadonlySet<string>>(new Set());
  // The item whose file is about to get another name.
  readonly renamed = signal<string | null>(null);
  // Lines of all sections, headings included; null before the first answer.
  readonly length: ReadonlySignal<number | null>;
  readonly version: ReadonlySignal<number>;
  private releases: (() => void)[] = [];
  private anchor: string | null = null;

  constructor(
    readonly filter: Filter,
    search: string,
    order: "ASC" | "DESC",
  ) {
    this.sections = [];
    if (filter === "all" || filter === "running") this.add("running", "queue", RUNNING_STATUSES, "ASC", search);
    if (filter === "all" || filter === "waiting") this.add("waiting", "queue", ["pending"], "ASC", search);
    const ended = ENDED[filter];
    if (ended) this.add("ended", "done", ended, order, search);
    this.length = computed(() => {
      const totals = this.sections.map(({ list }) => list.total.value);
      if (totals.some((total) => total === null)) return null;
      return totals.reduce<number>((sum, total) => sum + this.withHeading(total ?? 0), 0);
    });
    this.version = computed(() => this.sections.reduce((sum, { list }) => sum + list.version.value, 0));
  }

  release(): void {
    this.releases.forEach((release) => release());
  }

  get problem(): unknown {
    return this.sections.map(({ list }) => list.problem.value).find((problem) => problem !== null) ?? null;
  }

  reload(): void {
    this.sections.forEach(({ list }) => list.reload());
  }

  line(index: number): Line | null {
    let start = 0;
    for (const section of this.sections) {
      const count = this.withHeading(section.list.total.peek() ?? 0);
      if (index < start + count) {
        const place = index - start - (count ? this.headings : 0);
        return place < 0 ? { kind: "heading", section } : { kind: "item", list: section.list, index: place };
      }
      start += count;
    }
    return null;
  }

  idAt(index: number): string | undefined {
    const line = this.line(index);
    return line?.kind === "item" ? line.list.at(line.index) : undefined;
  }

  look(first: number, last: number): void {
    let start = 0;
    for (const { list } of this.sections) {
      const count = this.withHeading(list.total.peek() ?? 0);
      const [from, to] = [Math.max(0, first - start - this.headings), Math.min(count, last - start + 1)];
      if (to > 0 && from < count) list.look(from, to);
      start += count;
    }
  }

  // `isRange`: all from the one that was chosen last.
  async choose(index: number, isChosen: boolean, isRange: boolean): Promise<void> {
    const id = this.idAt(index);
    if (id === undefined) return;
    const from = isRange && this.anchor !== null ? this.indexOf(this.anchor) : -1;
    const ids = from < 0 ? [id] : await this.between(Math.min(from, index), Math.max(from, index));
    this.anchor = id;
    const chosen = new Set(this.chosen.value);
    for (const one of ids) {
      if (isChosen) chosen.add(one);
      else chosen.delete(one);
    }
    this.chosen.value = chosen;
  }

  async chooseAll(): Promise<void> {
    const ids = await Promise.all(this.sections.map(({ list }) => list.ids()));
    this.chosen.value = new Set(ids.flat());
  }

  chooseNone(): void {
    this.chosen.value = new Set();
    this.anchor = null;
  }

  // The chosen items of which something is known; those never loaded are missing.
  chosenItems(): Item[] {
    return [...this.chosen.value].flatMap((id) => itemOf(id)?.value ?? []);
  }

  // Asks for another name of its file; null: no more.
  rename(id: string | null): void {
    this.renamed.value = id;
  }

  hide(ids: readonly string[], isHidden: boolean): void {
    const leaving = new Set(this.leaving.value);
    for (const id of ids) {
      if (isHidden) leaving.add(id);
      else leaving.delete(id);
    }
    this.leaving.value = leaving;
  }

  private get headings(): number {
    return this.sections.length > 1 ? 1 : 0;
  }

  private withHeading(total: number): number {
    return total ? total + this.headings : 0;
  }

  private indexOf(id: string): number {
    let start = 0;
    for (const { list } of this.sections) {
      const place = list.indexOf(id);
      if (place >= 0) return start + this.headings + place;
      start += this.withHeading(list.total.peek() ?? 0);
    }
    return -1;
  }

  private async between(first: number, last: number): Promise<string[]> {
    const lines = Array.from({ length: last - first + 1 }, (_, offset) => this.line(first + offset));
    const items = lines.filter((line) => line?.kind === "item");
    const missing = new Set(items.filter((line) => line.list.at(line.index) === undefined).map((line) => line.list));
    await Promise.all(
      [...missing].map((list) => {
        const places = items.filter((line) => line.list === list).map((line) => line.index);
        return list.load(Math.min(...places), Math.max(...places));
      }),
    );
    return items.flatMap((line) => line.list.at(line.index) ?? []);
  }

  private add(name: Section["name"], type: "queue" | "done", statuses: readonly Status[], order: "ASC" | "DESC", search: string) {
    const { list, release } = watchList({ type, statuses, order, search });
    this.sections.push({ name, list });
    this.releases.push(release);
  }
}
