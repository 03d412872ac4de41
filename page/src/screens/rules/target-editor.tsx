// Makes or changes a target of notifications.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { CheckField, SelectField, TextField } from "../../parts/field";
import { useForm } from "../../parts/form";
import { NameField } from "../../parts/form-fields";
import { allPresets, presetName } from "../../parts/preset-field";
import { useLoaded } from "../../live/resource";
import { listEvents, NOTIFICATIONS, type Target, type TargetInput } from "./kinds";
import { type EditorStart, Start } from "./list";
import { eventName } from "./notifications";
import { RuleEditor, StoredSecret } from "./rule-editor";

interface Header {
  key: string;
  value: string;
}

interface Draft {
  name: string;
  url: string;
  enabled: boolean;
  type: "json" | "form";
  method: "POST" | "PUT";
  data_key: string;
  headers: Header[];
  on: string[];
  presets: string[];
  // null: as it is.
  secret: string | null;
}

export function TargetEditor(start: EditorStart) {
  return (
    <Start kind={NOTIFICATIONS as never} {...start}>
      {(view: Target | null) => <Form target={view} isNew={start.id === "new"} />}
    </Start>
  );
}

function draftOf(target: Target | null, isNew: boolean): Draft {
  const { url = "", type = "json", method = "POST", data_key = "data", headers = [] } = target?.request ?? {};
  return {
    name: isNew ? "" : (target?.name ?? ""),
    url,
    enabled: target?.enabled ?? true,
    type,
    method,
    data_key,
    headers,
    on: target?.on ?? [],
    presets: target?.presets ?? [],
    secret: !isNew && target?.has_secret ? null : "",
  };
}

function bodyOf({ name, enabled, on, presets, secret, headers, ...request }: Draft): TargetInput {
  const filled = headers.filter(({ key, value }) => key.trim() || value.trim());
  return { name, enabled, on, presets, request: { ...request, headers: filled }, ...(secret === null ? {} : { secret }) };
}

function Form({ target, isNew }: { target: Target | null; isNew: boolean }) {
  const [start] = useState(() => draftOf(target, isNew));
  const form = useForm(start);
  const { now, edit, errors } = form;
  const isWebhook = /^https?:/i.test(now.url.trim()) || !now.url.includes("://");
  return (
    <RuleEditor kind={NOTIFICATIONS} rule={isNew ? null : target} form={form} bodyOf={bodyOf}>
      <section class="card editor-part">
        <NameField label={t("rules.name")} form={form} />
        <TextField
          label={t("rules.targetUrl")}
          hint={t("rules.targetUrlHint")}
          error={errors["url"]}
          dir="ltr"
          inputMode="url"
          placeholder="https://…"
          value={now.url}
          onValue={(url) => edit({ url })}
        />
        <CheckField label={t("rules.enabled")} isChecked={now.enabled} onValue={(enabled) => edit({ enabled })} />
      </section>
      <Choices now={now} edit={edit} errors={errors} />
      {isWebhook && <Request now={now} edit={edit} errors={errors} />}
    </RuleEditor>
  );
}

interface PartProps {
  now: Draft;
  edit: (changes: Partial<Draft>) => void;
  errors: Readonly<Record<string, string>>;
}

function Choices({ now, edit, errors }: PartProps) {
  const events = useLoaded(listEvents, "notifications");
  const names = (events.value ?? now.on).filter((event) => event !== "test");
  return (
    <section class="card editor-part">
      <Several
        label={t("rules.events")}
        hint={t("rules.eventsHint")}
        error={errors["on"]}
        all={names}
        textOf={eventName}
        chosen={now.on}
        onChosen={(on) => edit({ on })}
      />
      <Several
        label={t("rules.presetsOf")}
        hint={t("rules.presetsOfHint")}
        error={errors["presets"]}
        all={allPresets().map(({ name }) => name)}
        textOf={presetName}
        chosen={now.presets}
        onChosen={(presets) => edit({ presets })}
      />
    </section>
  );
}

interface SeveralProps {
  label: string;
  hint: string;
  error: string | undefined;
  all: string[];
  textOf: (name: string) => string;
  chosen: string[];
  onChosen: (chosen: string[]) => void;
}

function Several({ label, hint, error, all, textOf, chosen, onChosen }: SeveralProps) {
  return (
    <fieldset>
      <legend>{label}</legend>
      <p class="hint">{hint}</p>
      <div class="check-grid">
        {all.map((name) => (
          <CheckField
            key={name}
            label={textOf(name)}
            isChecked={chosen.includes(name)}
            onValue={(isOn) => onChosen(isOn ? [...chosen, name] : chosen.filter((one) => one !== name))}
          />
        ))}
      </div>
      {error && <p class="field-error">{error}</p>}
    </fieldset>
  );
}

function Request({ now, edit, errors }: PartProps) {
  const setHeader = (index: number, changes: Partial<Header>) =>
    edit({ headers: now.headers.map((header, at) => (at === index ? { ...header, ...changes } : header)) });
  return (
    <section class="card editor-part">
      <h2>{t("rules.request")}</h2>
      <div class="editor-columns">
        <SelectField
          label={t("rules.bodyType")}
          value={now.type}
          onValue={(value) => edit({ type: value as Draft["type"] })}
          options={[
            { value: "json", text: "JSON" },
            { value: "form", text: t("rules.bodyForm") },
          ]}
        />
        <SelectField
          label={t("rules.method")}
          value={now.method}
          onValue={(value) => edit({ method: value as Draft["method"] })}
          options={[
            { value: "POST", text: "POST" },
            { value: "PUT", text: "PUT" },
          ]}
        />
        <TextField
          label={t("rules.dataKey")}
          error={errors["data_key"]}
          dir="ltr"
          value={now.data_key}
          onValue={(data_key) => edit({ data_key })}
        />
      </div>
      {now.secret === null ? (
        <StoredSecret label={t("rules.secret")} text={t("rules.secretStored")} onReplace={() => edit({ secret: "" })} />
      ) : (
        <TextField
          label={t("rules.secret")}
          hint={t("rules.secretHint")}
          error={errors["secret"]}
          type="password"
          autocomplete="new-password"
          value={now.secret}
          onValue={(secret) => edit({ secret })}
        />
      )}
      <fieldset class="editor-part">
        <legend>{t("rules.headers")}</legend>
        {now.headers.map((header, index) => (
          <div key={index} class="header-row">
            <TextField
              label={t("rules.headerName", { number: index + 1 })}
              isLabelHidden
              error={index === 0 ? errors["key"] : undefined}
              dir="ltr"
              placeholder="Authorization"
              value={header.key}
              onValue={(key) => setHeader(index, { key })}
            />
            <TextField
              label={t("rules.headerValue", { number: index + 1 })}
              isLabelHidden
              error={index === 0 ? errors["value"] : undefined}
              dir="ltr"
              value={header.value}
              onValue={(value) => setHeader(index, { value })}
            />
            <Button
              kind="quiet"
              icon="trash"
              label={t("rules.removeHeader", { number: index + 1 })}
              onClick={() => edit({ headers: now.headers.filter((_, at) => at !== index) })}
            />
          </div>
        ))}
        <div>
          <Button icon="plus" onClick={() => edit({ headers: [...now.headers, { key: "", value: "" }] })}>
            {t("rules.addHeader")}
          </Button>
        </div>
      </fieldset>
    </section>
  );
}
