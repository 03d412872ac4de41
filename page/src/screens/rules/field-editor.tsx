// Makes or changes a field of the form of downloads.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { SelectField, TextArea, TextField } from "../../parts/field";
import { Editor, useForm } from "../../parts/form";
import { may } from "../../session";
import { type Field, type FieldInput, FIELDS, WRITES } from "./kinds";
import { type EditorStart, Start } from "./list";

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
  const send = (draft: Draft) =>
    isNew || !view ? FIELDS.make(bodyOf(draft, view)) : FIELDS.change(view.id, bodyOf(draft, view));
  return (
    <Editor
      title={isNew ? t("rules.new_fields") : start.name}
      back={{ to: "/rules/fields", text: t("rules.tab_fields") }}
      form={form}
      isReadOnly={!may(WRITES.fields)}
      onSave={() => void form.save(send, "/rules/fields")}
    >
      <section class="card editor-part">
        <div class="editor-columns">
          <TextField
            label={t("rules.name")}
            error={errors["name"]}
            name="name"
            maxLength={255}
            value={now.name}
            onValue={(name) => edit({ name })}
          />
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
    </Editor>
  );
}
