// How something is downloaded: preset, folder, name, cookies, options, and the fields that this service has besides.
import { t } from "../../i18n";
import { CheckField, TextArea, TextField } from "../../parts/field";
import { CookiesField } from "../../parts/cookies-field";
import { FolderField } from "../../parts/folder-field";
import { OptionsField } from "../../parts/options-field";
import { PresetField, presetOf } from "../../parts/preset-field";
import type { Info } from "../../parts/template";
import { TemplateField } from "../../parts/template-field";
import { may } from "../../session";
import { type Draft, draft as current, edit, type FieldFacts } from "./draft";

export function Choices({ draft }: { draft: Draft }) {
  const chosen = presetOf(draft.preset);
  return (
    <div class="new-choices">
      <PresetField value={draft.preset} onValue={(preset) => edit({ preset })} />
      <FolderField value={draft.folder} placeholder={chosen?.folder ?? ""} onValue={(folder) => edit({ folder })} />
    </div>
  );
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
      {may("items:start") ? (
        <CheckField
          label={t("new.hold")}
          hint={t("new.holdHint")}
          isChecked={draft.isHeld}
          onValue={(isHeld) => edit({ isHeld })}
        />
      ) : (
        <p class="soft">{t("new.startedByAdmin")}</p>
      )}
      <details class="new-more" open={Boolean(draft.template || draft.cookies || draft.cli)}>
        <summary>{t("new.more")}</summary>
        <div class="new-more-inside">
          <TemplateField
            value={draft.template}
            onValue={(template) => edit({ template })}
            preset={draft.preset}
            {...(info ? { info } : {})}
          />
          <CookiesField value={draft.cookies} onValue={(cookies) => edit({ cookies })} />
          <OptionsField
            value={draft.cli}
            onValue={(cli) => edit({ cli })}
            onConverted={({ template, folder }) => edit({ ...(template ? { template } : {}), ...(folder ? { folder } : {}) })}
          />
        </div>
      </details>
    </>
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
