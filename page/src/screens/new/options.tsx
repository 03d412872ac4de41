// How something is downloaded: preset, folder, name, cookies, options, and the fields that this service has besides.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { presets, settings } from "../../live/state";
import { Button } from "../../parts/button";
import { CheckField, SelectField, TextArea, TextField } from "../../parts/field";
import { problemText } from "../../parts/toast";
import { cookieProblem } from "./cookies";
import { type Draft, draft as current, edit, type FieldFacts } from "./draft";
import { FolderField } from "./folder";
import { example, type Info, SAMPLE } from "./template";

interface Preset {
  name: string;
  description: string;
  folder: string;
  template: string;
}

const CHECK_AFTER_MS = 400;
// How the reason begins of an option that an add would be refused for; others just have no effect.
const REFUSED = "It is not allowed";

export function presetOf(name: string): Preset | undefined {
  return (presets.value as unknown as Preset[]).find((preset) => preset.name === name);
}

export function Choices({ draft }: { draft: Draft }) {
  const all = presets.value as unknown as Preset[];
  const chosen = presetOf(draft.preset);
  return (
    <div class="new-choices">
      <SelectField
        label={t("new.preset")}
        hint={chosen?.description.trim().split("\n")[0]}
        value={draft.preset}
        onValue={(preset) => edit({ preset })}
        options={all.map(({ name }) => ({ value: name, text: presetName(name) }))}
      />
      <FolderField value={draft.folder} placeholder={chosen?.folder ?? ""} onValue={(folder) => edit({ folder })} />
    </div>
  );
}

// "audio_only" reads as "Audio only".
function presetName(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function MoreOptions({ draft, fields, info }: { draft: Draft; fields: readonly FieldFacts[]; info?: Info }) {
  return (
    <>
      {fields.length > 0 && (
        <fieldset class="new-fields">
          <legend class="visually-hidden">{t("new.fields")}</legend>
          {fields.map((field) => (
            <OwnField key={field.id} facts={field} value={draft.fields[String(field.id)] ?? ""} />
          ))}
        </fieldset>
      )}
      <CheckField
        label={t("new.hold")}
        hint={t("new.holdHint")}
        isChecked={draft.isHeld}
        onValue={(isHeld) => edit({ isHeld })}
      />
      <details class="new-more" open={Boolean(draft.template || draft.cookies || draft.cli)}>
        <summary>{t("new.more")}</summary>
        <div class="new-more-inside">
          <TemplateField draft={draft} info={info ?? SAMPLE} />
          <CookiesField value={draft.cookies} />
          <OptionsField draft={draft} />
        </div>
      </details>
    </>
  );
}

function TemplateField({ draft, info }: { draft: Draft; info: Info }) {
  const standard = presetOf(draft.preset)?.template || String(settings.value["output_template"] ?? "");
  const shown = example(draft.template.trim() || standard, info);
  return (
    <TextField
      label={t("new.template")}
      hint={
        <>
          {t("new.templateHint")} <code>{shown}</code>
        </>
      }
      placeholder={standard}
      value={draft.template}
      onValue={(template) => edit({ template })}
      dir="ltr"
    />
  );
}

function CookiesField({ value }: { value: string }) {
  const chooser = useRef<HTMLInputElement>(null);
  const problem = cookieProblem(value);
  return (
    <div>
      <TextArea
        label={t("new.cookies")}
        hint={t("new.cookiesHint")}
        error={problem && t(`new.cookies_${problem.kind}`, { line: problem.line })}
        rows={2}
        class="code"
        dir="ltr"
        value={value}
        onValue={(cookies) => edit({ cookies })}
      />
      <input
        ref={chooser}
        type="file"
        accept=".txt,text/plain"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) void file.text().then((cookies) => edit({ cookies }));
          event.currentTarget.value = "";
        }}
      />
      <Button kind="quiet" icon="upload" onClick={() => chooser.current?.click()}>
        {t("new.cookiesFile")}
      </Button>
    </div>
  );
}

interface Verdict {
  error: string | null;
  removed: string[];
  reasons: Record<string, string>;
}

// Asks the service what it makes of the options, once nothing more is typed.
function useVerdict(args: string): Verdict | null {
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  useEffect(() => {
    setVerdict(null);
    if (args.trim().length < 2) return;
    let isOld = false;
    const timer = setTimeout(() => {
      call(api.POST("/api/yt-dlp/convert", { body: { args } })).then(
        (answer) => {
          if (isOld) return;
          if (answer.output_template) edit({ template: answer.output_template });
          const folder = answer.download_path?.replace(/^\/+/, "");
          if (folder) edit({ folder });
          const reasons = (answer as { removed_reasons?: Record<string, string> }).removed_reasons ?? {};
          setVerdict({ error: null, removed: answer.removed_options ?? [], reasons });
        },
        (error: unknown) => !isOld && setVerdict({ error: problemText(error), removed: [], reasons: {} }),
      );
    }, CHECK_AFTER_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [args]);
  return verdict;
}

function OptionsField({ draft }: { draft: Draft }) {
  const verdict = useVerdict(draft.cli);
  const isRefused = (option: string) => verdict?.reasons[option]?.startsWith(REFUSED) ?? false;
  const refused = verdict?.removed.filter(isRefused) ?? [];
  const removed = verdict?.removed.filter((option) => !isRefused(option));
  return (
    <TextArea
      label={t("new.options")}
      hint={
        removed?.length
          ? t("new.optionsRemoved", { options: removed.join(", ") })
          : verdict && !verdict.error && !refused.length
            ? t("new.optionsFine")
            : t("new.optionsHint")
      }
      error={verdict?.error ?? (refused.length ? t("new.optionsRefused", { options: refused.join(", ") }) : null)}
      rows={2}
      class="code"
      dir="ltr"
      autocapitalize="none"
      placeholder="--write-subs --sub-langs en"
      value={draft.cli}
      onValue={(cli) => edit({ cli })}
    />
  );
}

function OwnField({ facts, value }: { facts: FieldFacts; value: string }) {
  const set = (text: string) => edit({ fields: { ...current.value.fields, [String(facts.id)]: text } });
  const shared = { label: facts.name, hint: facts.description || undefined, value, onValue: set };
  if (facts.kind === "bool") {
    return (
      <CheckField
        label={facts.name}
        hint={facts.description || undefined}
        isChecked={value === "true"}
        onValue={(isOn) => set(isOn ? "true" : "")}
      />
    );
  }
  return facts.kind === "text" ? <TextArea {...shared} rows={2} /> : <TextField {...shared} choices={facts.extras.options ?? []} />;
}
