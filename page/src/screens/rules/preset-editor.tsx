// Makes, changes or shows a preset. Stored cookies stay hidden: they are replaced or removed, not read.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { LinkButton } from "../../parts/button";
import { CookiesField } from "../../parts/cookies-field";
import { TextArea } from "../../parts/field";
import { FolderField } from "../../parts/folder-field";
import { useForm } from "../../parts/form";
import { NameField, PriorityField } from "../../parts/form-fields";
import { OptionsField } from "../../parts/options-field";
import { presetName } from "../../parts/preset-field";
import { Notice } from "../../parts/states";
import { TemplateField } from "../../parts/template-field";
import { may } from "../../session";
import { type Preset, type PresetInput, PRESETS, WRITES } from "./kinds";
import { type EditorStart, Start } from "./list";
import { Command, hasCommands } from "./presets";
import { RuleEditor, StoredSecret } from "./rule-editor";

interface Draft {
  name: string;
  description: string;
  folder: string;
  template: string;
  cli: string;
  priority: string;
  // null: as they are.
  cookies: string | null;
}

export function PresetEditor(start: EditorStart) {
  return (
    <Start kind={PRESETS as never} {...start}>
      {(view: Preset | null) => <Form preset={view} isNew={start.id === "new"} />}
    </Start>
  );
}

function bodyOf({ priority, cookies, ...rest }: Draft): PresetInput {
  return { ...rest, priority: Number(priority) || 0, ...(cookies === null ? {} : { cookies }) };
}

function Form({ preset, isNew }: { preset: Preset | null; isNew: boolean }) {
  const hasCookies = !isNew && (preset?.has_cookies ?? false);
  const [start] = useState<Draft>({
    name: isNew ? "" : (preset?.name ?? ""),
    description: preset?.description ?? "",
    folder: preset?.folder ?? "",
    template: preset?.template ?? "",
    cli: preset?.cli ?? "",
    priority: String(preset?.priority ?? 0),
    cookies: hasCookies ? null : "",
  });
  const form = useForm(start);
  const { now, edit, errors } = form;
  const isFixed = !isNew && (preset?.default ?? false);
  const isReadOnly = isFixed || !may(WRITES.presets);
  return (
    <RuleEditor
      kind={PRESETS}
      rule={isNew ? null : preset}
      form={form}
      bodyOf={bodyOf}
      title={presetName(start.name)}
      isFixed={isFixed}
    >
      {isFixed && preset && (
        <Notice
          kind="info"
          action={
            <LinkButton icon="copy" to={`/rules/presets/new?like=${preset.id}`}>
              {t("rules.duplicate")}
            </LinkButton>
          }
        >
          {t("rules.fixedHint")}
        </Notice>
      )}
      <fieldset class="editor-part card" disabled={isReadOnly}>
        <legend class="visually-hidden">{t("rules.tab_presets")}</legend>
        <div class="editor-columns">
          <NameField label={t("rules.name")} form={form} />
          <PriorityField label={t("rules.priority")} hint={t("rules.priorityHighFirst")} form={form} />
        </div>
        <TextArea
          label={t("rules.description")}
          rows={2}
          value={now.description}
          onValue={(description) => edit({ description })}
        />
        <OptionsField value={now.cli} error={errors["cli"]} rows={4} onValue={(cli) => edit({ cli })} />
        <FolderField value={now.folder} error={errors["folder"]} onValue={(folder) => edit({ folder })} />
        <TemplateField value={now.template} error={errors["template"]} onValue={(template) => edit({ template })} />
        {now.cookies === null ? (
          <StoredSecret label={t("new.cookies")} text={t("rules.cookiesStored")} onReplace={() => edit({ cookies: "" })} />
        ) : (
          <CookiesField value={now.cookies} error={errors["cookies"]} onValue={(cookies) => edit({ cookies })} />
        )}
      </fieldset>
      {!isNew && preset && hasCommands() && (
        <section class="card editor-part">
          <h2>{t("rules.command")}</h2>
          {form.isDirty && <Notice kind="info">{t("rules.commandOld")}</Notice>}
          <Command preset={preset.name} />
        </section>
      )}
    </RuleEditor>
  );
}
