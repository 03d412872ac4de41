// Makes or changes a field of the form of downloads.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { SelectField, TextArea, TextField } from "../../parts/field";
import { useForm } from "../../parts/form";
import { NameField } from "../../parts/form-fields";
import { type Field, type FieldInput, FIELDS } from "./kinds";
import { type EditorStart, Start } from "./list";
import { RuleEditor } from "./rule-editor";

interface Draft {
  name: string;
  field: string;
  description: string;
  kind: "string" | "text" | "bool";
  order: string;
  // Lines of what is offered while it is typed.
  options: string;
}

export function FieldEditor(start: EditorStart) {
  return (
    <Start kind={FIELDS as never} {...start}>
      {(view: Field | null) => <Form view={view} isNew={start.id === "new"} />}
    </Start>
  );
}

function bodyOf({ order, options, ...rest }: Draft, view: Field | null): FieldInput {
  const lines = options.split("\n").map((line) => line.trim());
  const { options: _before, ...extras } = view?.extras ?? {};
  const offered = lines.filter(Boolean);
  return { ...rest, order: Number(order) || 0, extras: { ...extras, ...(offered.length ? { options: offered } : {}) } };
}

function Form({ view, isNew }: { view: Field | null; isNew: boolean }) {
  const offered = view?.extras?.["options"];
  const [start] = useState<Draft>({
    name: isNew ? "" : (view?.name ?? ""),
    field: view?.field ?? "",
    description: view?.description ?? "",
    kind: view?.kind ?? "string",
    order: String(view?.order ?? 0),
    options: Array.isArray(offered) ? offered.join("\n") : "",
  });
  const form = useForm(start);
  const { now, edit, errors } = form;
  return (
    <RuleEditor kind={FIELDS} rule={isNew ? null : view} form={form} bodyOf={(draft) => bodyOf(draft, view)}>
      <section class="card editor-part">
        <div class="editor-columns">
          <NameField label={t("rules.name")} form={form} />
          <TextField
            label={t("rules.option")}
            hint={t("rules.optionHint")}
            error={errors["field"]}
            class="code"
            dir="ltr"
            placeholder="--sub-langs"
            value={now.field}
            onValue={(field) => edit({ field })}
          />
        </div>
        <TextField label={t("rules.description")} value={now.description} onValue={(description) => edit({ description })} />
        <div class="editor-columns">
          <SelectField
            label={t("rules.kind")}
            error={errors["kind"]}
            value={now.kind}
            onValue={(value) => edit({ kind: value as Draft["kind"] })}
            options={(["string", "text", "bool"] as const).map((kind) => ({ value: kind, text: t(`rules.kind_${kind}`) }))}
          />
          <TextField
            label={t("rules.order")}
            hint={t("rules.orderHint")}
            error={errors["order"]}
            type="number"
            min={0}
            value={now.order}
            onValue={(order) => edit({ order })}
          />
        </div>
        {now.kind === "string" && (
          <TextArea
            label={t("rules.choices")}
            hint={t("rules.choicesHint")}
            rows={2}
            value={now.options}
            onValue={(options) => edit({ options })}
          />
        )}
      </section>
    </RuleEditor>
  );
}
