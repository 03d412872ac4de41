// The entries of a list, of which some may be chosen.
import { useMemo, useState } from "preact/hooks";
import { clock, t } from "../../i18n";
import { fields as sharedFields } from "../../live/state";
import { Button } from "../../parts/button";
import { VirtualList } from "../../parts/list";
import { type Draft, type FieldFacts, itemsOf, type NewItem } from "./draft";

export interface Entry {
  url?: string;
  title?: string;
  duration?: number;
  archive_id?: string | null;
  is_archived?: boolean;
  playlist?: string;
  [key: string]: unknown;
}

const ROW_HEIGHT = 56;

interface PickerProps {
  entries: readonly Entry[];
  url: string;
  draft: Draft;
  isBusy: boolean;
  onAdd: (items: NewItem[]) => void;
}

export function Picker({ entries, url, draft, isBusy, onAdd }: PickerProps) {
  const fresh = useMemo(() => new Set(entries.flatMap((entry, index) => (entry.is_archived ? [] : [index]))), [entries]);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(fresh);
  const [last, setLast] = useState(0);
  // Entries that lie in one page have its address: they come together.
  const isWhole = new Set(entries.map((entry) => entry.url)).size < entries.length;
  const choose = (index: number, isOn: boolean, isRange: boolean) => {
    const [from, to] = isRange ? [Math.min(last, index), Math.max(last, index)] : [index, index];
    const changed = new Set(chosen);
    for (let at = from; at <= to; at++) {
      if (isOn) changed.add(at);
      else changed.delete(at);
    }
    setChosen(changed);
    setLast(index);
  };
  const add = () => {
    const [pattern] = itemsOf({ ...draft, text: url }, sharedFields.value as unknown as FieldFacts[]);
    if (!pattern) return;
    if (isWhole || chosen.size === entries.length) return onAdd([pattern]);
    const picked = entries.filter((_, index) => chosen.has(index));
    onAdd(picked.flatMap((entry) => (entry.url ? [{ ...pattern, url: entry.url, extras: extrasOf(entry) }] : [])));
  };
  return (
    <>
      {isWhole ? (
        <p class="soft">{t("new.together")}</p>
      ) : (
        <div class="new-picker-tools">
          <Button onClick={() => setChosen(new Set(entries.keys()))}>{t("new.all")}</Button>
          <Button onClick={() => setChosen(new Set())}>{t("new.none")}</Button>
          {fresh.size < entries.length && <Button onClick={() => setChosen(fresh)}>{t("new.fresh")}</Button>}
        </div>
      )}
      <VirtualList
        label={t("new.entriesLabel")}
        isBoxed
        count={entries.length}
        rowHeight={ROW_HEIGHT}
        row={(index) => (
          <EntryRow
            entry={entries[index] ?? {}}
            number={index + 1}
            isChosen={isWhole || chosen.has(index)}
            isFixed={isWhole}
            onChoose={(isOn, isRange) => choose(index, isOn, isRange)}
          />
        )}
      />
      <div class="new-actions">
        <Button kind="primary" icon="plus" isBusy={isBusy} disabled={!isWhole && !chosen.size} onClick={add}>
          {t("new.addMany", { n: isWhole ? entries.length : chosen.size })}
        </Button>
      </div>
    </>
  );
}

interface EntryProps {
  entry: Entry;
  number: number;
  isChosen: boolean;
  isFixed: boolean;
  onChoose: (isOn: boolean, isRange: boolean) => void;
}

function EntryRow({ entry, number, isChosen, isFixed, onChoose }: EntryProps) {
  return (
    <label class="new-entry">
      <input
        type="checkbox"
        checked={isChosen}
        disabled={isFixed}
        onClick={(event) => onChoose(event.currentTarget.checked, event.shiftKey)}
      />
      <span class="new-entry-title">{entry.title ?? entry.url ?? t("new.entry", { number })}</span>
      {entry.is_archived && <span class="badge warn">{t("new.archived")}</span>}
      {entry.duration ? <span class="soft small">{clock(entry.duration)}</span> : null}
    </label>
  );
}

// What an entry knows of its list, as an add of the whole list would keep it.
function extrasOf(entry: Entry): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key, value]) => key.startsWith("playlist") && value !== null));
}
