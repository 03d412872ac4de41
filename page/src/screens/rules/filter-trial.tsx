// A filter on what a real address brings: whether it matches, and all fields that it could ask for.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { TrialAddress } from "../../parts/form-fields";
import { PresetField } from "../../parts/preset-field";
import { Notice } from "../../parts/states";
import { problemText } from "../../parts/toast";
import { type Trial, tryFilter } from "./kinds";

const LONGEST = 160;

export function FilterTrial({ filter }: { filter: string }) {
  const [url, setUrl] = useState("");
  const [preset, setPreset] = useState("");
  const [trial, setTrial] = useState<Trial | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    if (!url.trim() || !filter.trim()) return;
    setBusy(true);
    setProblem(null);
    try {
      setTrial(await tryFilter(url.trim(), filter, preset));
    } catch (error) {
      setTrial(null);
      setProblem(problemText(error));
    }
    setBusy(false);
  };
  // The answer is about the filter that was sent.
  const isCurrent = trial?.condition.trim() === filter.trim();
  return (
    <section class="card editor-part" aria-label={t("rules.trial")}>
      <h2>{t("rules.trial")}</h2>
      <div class="editor-columns">
        <TrialAddress label={t("rules.trialUrl")} value={url} onValue={setUrl} onEnter={() => void run()} />
        <PresetField label={t("rules.trialPreset")} none={t("rules.standard")} value={preset} onValue={setPreset} />
      </div>
      <div>
        <Button icon="search" isBusy={isBusy} disabled={!url.trim() || !filter.trim()} onClick={() => void run()}>
          {t("rules.try")}
        </Button>
      </div>
      <div aria-live="polite" class="editor-part">
        {problem && <Notice kind="error">{problem}</Notice>}
        {trial && isCurrent && (
          <Notice kind={trial.status ? "success" : "warning"}>{trial.status ? t("rules.matches") : t("rules.matchesNot")}</Notice>
        )}
        {trial && !isCurrent && <Notice kind="info">{t("rules.trialOld")}</Notice>}
      </div>
      {trial && <Data data={trial.data} />}
    </section>
  );
}

function Data({ data }: { data: Record<string, unknown> }) {
  const [word, setWord] = useState("");
  const rows = Object.entries(data)
    .map(([key, value]) => [key, printed(value)] as const)
    .filter(([key, text]) => `${key} ${text}`.toLowerCase().includes(word.trim().toLowerCase()));
  return (
    <div class="editor-part">
      <TextField label={t("rules.findField")} type="search" value={word} onValue={setWord} />
      <div class="trial-data" tabIndex={0} role="region" aria-label={t("rules.data")}>
        <dl dir="ltr">
          {rows.map(([key, text]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

function printed(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
