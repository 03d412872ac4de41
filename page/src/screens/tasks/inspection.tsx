// What a source has now: its entries, and which of them were downloaded before.
import { useEffect, useState } from "preact/hooks";
import { address } from "../../api/client";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Picture } from "../../parts/picture";
import { Empty, Loading, Problem } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { download, type Entry, inspectTask, type Task } from "./api";

export function Inspection({ task, onClose }: { task: Task; onClose: () => void }) {
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const look = () => {
    setEntries(null);
    setProblem(null);
    inspectTask(task).then(setEntries, setProblem);
  };
  useEffect(look, [task]);
  return (
    <Dialog title={task.name} kind="panel" onClose={onClose}>
      {problem !== null && <Problem error={problem} onRetry={look} />}
      {problem === null && !entries && <Loading />}
      {entries && <Entries entries={entries} onAdd={(entry) => download(task, entry.url)} />}
    </Dialog>
  );
}

export function Entries({ entries, onAdd }: { entries: Entry[]; onAdd?: (entry: Entry) => Promise<void> }) {
  if (!entries.length) return <Empty icon="list" title={t("tasks.noEntries")} text={t("tasks.noEntriesText")} />;
  const fresh = entries.filter((entry) => !entry.is_archived).length;
  return (
    <>
      <p class="soft">{t("tasks.entries", { n: entries.length, fresh })}</p>
      <ul class="entries" aria-label={t("tasks.entriesLabel")}>
        {entries.map((entry) => (
          <EntryRow key={entry.url} entry={entry} {...(onAdd ? { onAdd } : {})} />
        ))}
      </ul>
    </>
  );
}

function EntryRow({ entry, onAdd }: { entry: Entry; onAdd?: (entry: Entry) => Promise<void> }) {
  const [state, setState] = useState<"" | "busy" | "added">("");
  const name = entry.title || entry.url;
  const add = async () => {
    setState("busy");
    try {
      await onAdd?.(entry);
      setState("added");
      tell("success", t("tasks.started", { name }));
    } catch (error) {
      setState("");
      tellProblem(error);
    }
  };
  const more = Object.entries(entry.metadata ?? {}).filter(([, value]) => typeof value === "string" || typeof value === "number");
  return (
    <li class="entry">
      {entry.thumbnail && <Picture src={address("/api/thumbnail", { url: entry.thumbnail })} />}
      <div class="entry-inside">
        <a href={entry.url} target="_blank" rel="noreferrer">
          {name}
        </a>
        {entry.title && (
          <span class="record-clip soft small" dir="ltr">
            {entry.url}
          </span>
        )}
        <span class="record-line">
          <Archived entry={entry} />
          {more.slice(0, 3).map(([key, value]) => (
            <span key={key}>
              {key}: {String(value)}
            </span>
          ))}
        </span>
      </div>
      {onAdd && (
        <Button
          icon={state === "added" ? "check" : "download"}
          label={t("tasks.downloadOf", { name })}
          isBusy={state === "busy"}
          disabled={state === "added"}
          onClick={() => void add()}
        />
      )}
    </li>
  );
}

function Archived({ entry }: { entry: Entry }) {
  if (entry.is_archived) return <span class="badge">{t("tasks.archived")}</span>;
  if (!entry.archive_id) return <span class="badge warn">{t("tasks.withoutId")}</span>;
  return <span class="badge good">{t("tasks.fresh")}</span>;
}
