// A definition on a real page: its entries, and the page as it was fetched.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { ApiError } from "../../api/errors";
import type { components } from "../../api/schema";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { TrialAddress } from "../../parts/form-fields";
import { Notice } from "../../parts/states";
import { problemText } from "../../parts/toast";
import type { DefinitionInput, Entry } from "./api";
import { Entries } from "./inspection";

type Page = components["schemas"]["Page"];

const TRY_AFTER_MS = 700;

interface Outcome {
  entries: Entry[] | null;
  problem: string | null;
}

interface TrialProps {
  document: DefinitionInput;
  isBroken: boolean;
}

export function Trial({ document, isBroken }: TrialProps) {
  const [url, setUrl] = useState("");
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [page, setPage] = useState<Page | null>(null);
  const [round, setRound] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const shape = JSON.stringify(document.definition);
  useEffect(() => {
    if (!round || !url.trim() || isBroken) return;
    let isOld = false;
    const timer = setTimeout(() => {
      setBusy(true);
      const body = { url: url.trim(), document: document as unknown as Record<string, unknown>, page: true, preset: "" };
      call(api.POST("/api/tasks/definitions/inspect", { body }))
        .then(
          (answer) => {
            if (isOld) return;
            setOutcome({ entries: answer.items as unknown as Entry[], problem: null });
            setPage(answer.page ?? null);
          },
          (error: unknown) => {
            if (isOld) return;
            setOutcome({ entries: null, problem: wordsOf(error) });
            const read = error instanceof ApiError ? error.body["page"] : null;
            if (read) setPage(read as Page);
          },
        )
        .finally(() => !isOld && setBusy(false));
    }, TRY_AFTER_MS);
    return () => {
      isOld = true;
      setBusy(false);
      clearTimeout(timer);
    };
  }, [shape, round, isBroken]);
  const start = () => setRound((n) => n + 1);
  return (
    <section class="card editor-part trial" aria-label={t("tasks.trial")}>
      <h2>{t("tasks.trial")}</h2>
      <div class="trial-address">
        <TrialAddress label={t("tasks.trialUrl")} value={url} onValue={setUrl} onEnter={start} />
        <Button icon="search" isBusy={isBusy} disabled={!url.trim()} onClick={start}>
          {t("tasks.try")}
        </Button>
      </div>
      {!outcome && <p class="hint">{t("tasks.trialHint")}</p>}
      <div aria-live="polite" aria-busy={isBusy}>
        {outcome?.problem && <Notice kind="error">{outcome.problem}</Notice>}
        {outcome?.entries && <Entries entries={outcome.entries} />}
      </div>
      {page && <Source page={page} />}
    </section>
  );
}

// The texts of fields say what is wrong with a rule; the message alone only says that something is.
function wordsOf(error: unknown): string {
  const texts = error instanceof ApiError ? Object.values(error.fields) : [];
  return [problemText(error), ...texts.map((text) => text.replace(/^Value error, /, ""))].join(" ");
}

function Source({ page }: { page: Page }) {
  const [word, setWord] = useState("");
  const parts = word.length > 1 ? page.text.split(word) : [page.text];
  const hits = parts.length - 1;
  return (
    <div class="editor-part">
      <div class="trial-find">
        <TextField label={t("tasks.findInPage")} dir="ltr" value={word} onValue={setWord} type="search" />
        {word.length > 1 && <span class="soft small">{t("tasks.hits", { n: hits })}</span>}
      </div>
      <pre class="page-source" dir="ltr" tabIndex={0} role="region" aria-label={t("tasks.page")}>
        {parts.map((part, index) => (
          <span key={index}>
            {index > 0 && <mark>{word}</mark>}
            {part}
          </span>
        ))}
      </pre>
      {page.truncated && <p class="hint">{t("tasks.truncated")}</p>}
    </div>
  );
}
