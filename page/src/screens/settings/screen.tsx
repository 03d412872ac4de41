// Language and look of this browser; for admins every setting of the service.
import { useState } from "preact/hooks";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { chooseLanguage, language, languageName, t } from "../../i18n";
import { languages } from "../../i18n/languages";
import { copyText } from "../../parts/copy";
import { Button } from "../../parts/button";
import { CheckField, SelectField, TextField } from "../../parts/field";
import { Empty, Loading, Problem } from "../../parts/states";
import { tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { may } from "../../session";
import { chooseTheme, type Theme, theme } from "../../theme";

type Setting = components["schemas"]["Setting"];
const THEMES = { system: "themeSystem", light: "themeLight", dark: "themeDark" } as const;

export default function Settings() {
  return (
    <>
      <header class="screen-head">
        <h1>{t("settings.title")}</h1>
      </header>
      <section class="card settings-browser">
        <h2>{t("settings.browser")}</h2>
        <div class="settings-pair">
          <SelectField
            label={t("settings.language")}
            name="language"
            value={language.value}
            onValue={(tag) => void chooseLanguage(tag).catch(tellProblem)}
            options={languages.map((tag) => ({ value: tag, text: languageName(tag) }))}
          />
          <SelectField
            label={t("settings.theme")}
            name="theme"
            value={theme.value}
            onValue={(value) => chooseTheme(value as Theme)}
            options={Object.entries(THEMES).map(([value, key]) => ({ value, text: t(`common.${key}`) }))}
          />
        </div>
      </section>
      {may("system:control") && <OfService />}
    </>
  );
}

function OfService() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/system/settings")));
  const [text, setText] = useState("");
  const [isOnlySet, setOnlySet] = useState(false);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = value?.items.filter((row) => (!isOnlySet || row.source !== "default") && fits(row, words)) ?? [];
  return (
    <section class="settings-service">
      <h2>{t("settings.service")}</h2>
      <p class="soft">{t("settings.serviceText")}</p>
      <div class="settings-filter" role="search">
        <TextField label={t("settings.find")} isLabelHidden placeholder={t("settings.find")} name="find" type="search" value={text} onValue={setText} />
        <CheckField label={t("settings.onlySet")} name="only-set" isChecked={isOnlySet} onValue={setOnlySet} />
      </div>
      {problem !== null && <Problem error={problem} onRetry={load} />}
      {problem === null && !value && <Loading />}
      {value && !rows.length && <Empty icon="settings" title={t("settings.none")} />}
      {rows.length > 0 && (
        <ul class="settings-list">
          {rows.map((row) => (
            <Row key={row.name} value={row} />
          ))}
        </ul>
      )}
    </section>
  );
}

function fits(row: Setting, words: readonly string[]): boolean {
  const text = `${row.name} ${row.setting} ${row.description}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function Row({ value: row }: { value: Setting }) {
  const isSet = row.source !== "default";
  return (
    <li data-set={isSet}>
      <div class="settings-name">
        <code dir="ltr">{row.setting}</code>
        <p class="soft small" lang="en" dir="ltr">
          {row.description}
        </p>
      </div>
      <div class="settings-value">
        <code dir="ltr">{formatValue(row.value)}</code>
        {isSet && <span class="badge busy">{t("settings.set")}</span>}
        {isSet && !row.secret && row.default !== null && (
          <p class="soft small">
            {t("settings.default")}: <code dir="ltr">{formatValue(row.default)}</code>
          </p>
        )}
      </div>
      <Button
        kind="quiet"
        icon="copy"
        label={t("settings.copy", { name: row.setting })}
        onClick={() => void copyText(row.secret ? `${row.setting}=` : `${row.setting}=${row.value ?? ""}`)}
      />
    </li>
  );
}

function formatValue(value: Setting["value"]): string {
  return value === null || value === "" ? "—" : String(value);
}
