// Makes or changes a condition: its filter, what a match does, and a trial on a real address.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { CheckField, SelectField, TextField } from "../../parts/field";
import { CookiesField } from "../../parts/cookies-field";
import { useForm } from "../../parts/form";
import { NameField, PriorityField } from "../../parts/form-fields";
import { OptionsField } from "../../parts/options-field";
import { PresetField } from "../../parts/preset-field";
import { FilterField } from "./filter-field";
import { FilterTrial } from "./filter-trial";
import { type Condition, type ConditionInput, CONDITIONS, replaceCondition } from "./kinds";
import { type EditorStart, Start } from "./list";
import { RuleEditor } from "./rule-editor";

interface Draft {
  name: string;
  description: string;
  filter: string;
  priority: string;
  enabled: boolean;
  isSkipped: boolean;
  isArchived: boolean;
  preset: string;
  cookies: string;
  cli: string;
  // What the form does not know of.
  more: Record<string, unknown>;
}

export function ConditionEditor(start: EditorStart) {
  return (
    <Start kind={CONDITIONS as never} {...start}>
      {(view: Condition | null) => <Form condition={view} isNew={start.id === "new"} />}
    </Start>
  );
}

function draftOf(condition: Condition | null, isNew: boolean): Draft {
  const { ignore_download: skip, no_archive: noArchive, set_preset: preset, set_cookies: cookies, ...more } = condition?.extras ?? {};
  return {
    name: isNew ? "" : (condition?.name ?? ""),
    description: condition?.description ?? "",
    filter: condition?.filter ?? "",
    priority: String(condition?.priority ?? 0),
    enabled: condition?.enabled ?? true,
    isSkipped: skip === true,
    isArchived: noArchive !== true,
    preset: typeof preset === "string" ? preset : "",
    cookies: typeof cookies === "string" ? cookies : "",
    cli: condition?.cli ?? "",
    more,
  };
}

function bodyOf(draft: Draft): ConditionInput {
  const { name, description, filter, priority, enabled, isSkipped, isArchived, preset, cookies, cli, more } = draft;
  const skip = { ignore_download: true, ...(isArchived ? {} : { no_archive: true }) };
  const other = { ...(preset ? { set_preset: preset } : {}), ...(cookies.trim() ? { set_cookies: cookies } : {}) };
  const extras = { ...more, ...(isSkipped ? skip : other) };
  return { name, description, filter, enabled, priority: Number(priority) || 0, cli: isSkipped ? "" : cli, extras };
}

function Form({ condition, isNew }: { condition: Condition | null; isNew: boolean }) {
  const [start] = useState(() => draftOf(condition, isNew));
  const form = useForm(start);
  const { now, edit, errors } = form;
  return (
    <RuleEditor kind={CONDITIONS} rule={isNew ? null : condition} form={form} bodyOf={bodyOf} change={replaceCondition}>
      <section class="card editor-part">
        <div class="editor-columns">
          <NameField label={t("rules.name")} form={form} />
          <PriorityField label={t("rules.priority")} hint={t("rules.priorityHighFirst")} form={form} />
        </div>
        <FilterField value={now.filter} error={errors["filter"]} onValue={(filter) => edit({ filter })} />
        <TextField label={t("rules.description")} value={now.description} onValue={(description) => edit({ description })} />
        <CheckField label={t("rules.enabled")} isChecked={now.enabled} onValue={(enabled) => edit({ enabled })} />
      </section>
      <section class="card editor-part">
        <h2>{t("rules.effect")}</h2>
        <SelectField
          label={t("rules.then")}
          value={now.isSkipped ? "skip" : "change"}
          onValue={(value) => edit({ isSkipped: value === "skip" })}
          options={[
            { value: "change", text: t("rules.thenChange") },
            { value: "skip", text: t("rules.thenSkip") },
          ]}
        />
        {now.isSkipped ? (
          <CheckField
            label={t("rules.archiveToo")}
            hint={t("rules.archiveTooHint")}
            isChecked={now.isArchived}
            onValue={(isArchived) => edit({ isArchived })}
          />
        ) : (
          <>
            <PresetField
              label={t("rules.usePreset")}
              none={t("rules.keepPreset")}
              value={now.preset}
              onValue={(preset) => edit({ preset })}
            />
            <OptionsField
              value={now.cli}
              error={errors["cli"]}
              hint={t("rules.optionsHint")}
              onValue={(cli) => edit({ cli })}
            />
            <CookiesField value={now.cookies} error={errors["extras"]} onValue={(cookies) => edit({ cookies })} />
          </>
        )}
      </section>
      <FilterTrial filter={now.filter} />
    </RuleEditor>
  );
}
