// Makes or changes a definition, beside what it finds on a page.
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { CheckField, TextArea, TextField } from "../../parts/field";
import { Editor, useForm } from "../../parts/form";
import { NameField, PriorityField } from "../../parts/form-fields";
import { Loading, Problem } from "../../parts/states";
import { Tabs } from "../../parts/tabs";
import { may } from "../../session";
import { changeDefinition, type DefinitionInput, getDefinition, makeDefinition } from "./api";
import { DefinitionForm } from "./definition-form";
import { START } from "./document";
import { Trial } from "./trial";

interface Draft {
  name: string;
  description: string;
  enabled: boolean;
  priority: string;
  patterns: string;
  definition: Record<string, unknown>;
}

const EMPTY: Draft = { name: "", description: "", enabled: true, priority: "0", patterns: "", definition: START };

export function DefinitionEditor({ id, like }: { id: string; like: string | null }) {
  const [start, setStart] = useState<Draft | null>(id === "new" && !like ? EMPTY : null);
  const [problem, setProblem] = useState<unknown>(null);
  const source = id === "new" ? like : id;
  useEffect(() => {
    if (!source || start) return;
    getDefinition(Number(source)).then(
      ({ name, description = "", enabled = true, priority = 0, match_url: patterns = [], definition }) =>
        setStart({
          name: id === "new" ? "" : name,
          description,
          enabled,
          priority: String(priority),
          patterns: patterns.join("\n"),
          definition,
        }),
      setProblem,
    );
  }, [source]);
  if (problem) return <Problem error={problem} />;
  return start ? <Form start={start} id={id === "new" ? null : Number(id)} /> : <Loading />;
}

function bodyOf({ name, description, enabled, priority, patterns, definition }: Draft): DefinitionInput {
  const lines = patterns.split("\n").map((line) => line.trim());
  return { name, description, enabled, priority: Number(priority) || 0, match_url: lines.filter(Boolean), definition };
}

function Form({ start, id }: { start: Draft; id: number | null }) {
  const form = useForm(start);
  const [view, setView] = useState<"form" | "json">("form");
  const [broken, setBroken] = useState<string | null>(null);
  const { now, edit, errors } = form;
  const back = "/tasks/definitions";
  const send = (draft: Draft) => (id === null ? makeDefinition(bodyOf(draft)) : changeDefinition(id, bodyOf(draft)));
  return (
    <Editor
      title={id === null ? t("tasks.addDefinition") : start.name}
      back={{ to: back, text: t("tasks.definitions") }}
      form={form}
      isWide
      isReadOnly={!may("rules:write")}
      onSave={() => broken === null && void form.save(send, back)}
    >
      <div class="definition">
        <div class="definition-form">
          <section class="card editor-part">
            <NameField label={t("tasks.name")} form={form} />
            <TextArea
              label={t("tasks.matches")}
              hint={t("tasks.matchesHint")}
              error={errors["match_url"]}
              class="code"
              dir="ltr"
              rows={2}
              placeholder="https://example.com/videos/*"
              value={now.patterns}
              onValue={(patterns) => edit({ patterns })}
            />
            <div class="editor-columns">
              <TextField label={t("tasks.description")} value={now.description} onValue={(description) => edit({ description })} />
              <PriorityField label={t("tasks.priority")} hint={t("tasks.priorityLowFirst")} form={form} />
            </div>
            <CheckField label={t("tasks.enabled")} isChecked={now.enabled} onValue={(enabled) => edit({ enabled })} />
          </section>
          <section class="card editor-part">
            <Tabs
              label={t("tasks.rules")}
              tabs={[
                { name: "form", text: t("tasks.rules") },
                { name: "json", text: "JSON" },
              ]}
              chosen={view}
              onChoose={(name) => broken === null && setView(name)}
            >
              {view === "form" ? (
                <DefinitionForm definition={now.definition} errors={errors} onChange={(definition) => edit({ definition })} />
              ) : (
                <JsonField
                  value={now.definition}
                  error={broken ?? errors["definition"]}
                  onValue={(definition) => edit({ definition })}
                  onBroken={setBroken}
                />
              )}
            </Tabs>
          </section>
        </div>
        <Trial document={{ ...bodyOf(now), match_url: [], name: now.name || "-" }} isBroken={broken !== null} />
      </div>
    </Editor>
  );
}

interface JsonFieldProps {
  value: Record<string, unknown>;
  error: string | undefined;
  onValue: (value: Record<string, unknown>) => void;
  onBroken: (text: string | null) => void;
}

function JsonField({ value, error, onValue, onBroken }: JsonFieldProps) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const take = (typed: string) => {
    setText(typed);
    try {
      const read = JSON.parse(typed) as unknown;
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error(t("tasks.noObject"));
      onBroken(null);
      onValue(read as Record<string, unknown>);
    } catch (problem) {
      onBroken(problem instanceof Error ? problem.message : String(problem));
    }
  };
  return (
    <TextArea label={t("tasks.json")} hint={t("tasks.jsonHint")} error={error} class="code" dir="ltr" rows={14} value={text} onValue={take} />
  );
}
