// The lines of the log that speak of one item, oldest first.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { Button, LinkButton } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { Loading, Problem } from "../../parts/states";

const LIMIT = "100";

interface Entry {
  id?: string;
  line?: string;
  message?: string;
  level?: string;
  datetime?: string;
}

export function Log({ id }: { id: string }) {
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const load = () => {
    const query = { item_id: id, limit: LIMIT };
    call(api.GET("/api/logs", { params: { query } })).then((answer) => setEntries(answer.logs as Entry[]), setProblem);
  };
  useEffect(load, [id]);
  if (problem !== null) return <Problem error={problem} />;
  if (!entries) return <Loading />;
  const text = entries.map((entry) => `${entry.datetime ?? ""} ${entry.level ?? ""} ${entry.line ?? entry.message ?? ""}`).join("\n");
  return (
    <>
      <div class="details-tools">
        <Button icon="retry" onClick={load}>
          {t("downloads.reload")}
        </Button>
        <CopyButton text={text} />
        <LinkButton icon="log" to={`/logs?${new URLSearchParams({ item: id })}`}>
          {t("logs.title")}
        </LinkButton>
      </div>
      {entries.length ? (
        <ol class="details-log">
          {entries.map((entry, index) => (
            <li key={entry.id ?? index} data-level={entry.level?.toLowerCase()}>
              <span class="soft">{new Date(entry.datetime ?? "").toLocaleTimeString()}</span> {entry.message ?? entry.line}
            </li>
          ))}
        </ol>
      ) : (
        <p class="soft">{t("downloads.noLog")}</p>
      )}
    </>
  );
}
