// How things are downloaded, and what happens by itself: presets, conditions, fields of the form, notifications.
import { t } from "../../i18n";
import { LinkButton } from "../../parts/button";
import { Tabs } from "../../parts/tabs";
import { navigate } from "../../router";
import { may } from "../../session";
import type { ScreenProps } from "../screen";
import { ConditionEditor } from "./condition-editor";
import { Conditions } from "./conditions";
import { FieldEditor } from "./field-editor";
import { Fields } from "./fields";
import { JarEditor } from "./jar-editor";
import { Jars } from "./jars";
import { WRITES } from "./kinds";
import { Notifications } from "./notifications";
import { PresetEditor } from "./preset-editor";
import { Presets } from "./presets";
import { TargetEditor } from "./target-editor";

const KINDS = ["presets", "conditions", "cookies", "fields", "notifications"] as const;
const EDITORS = {
  presets: PresetEditor,
  conditions: ConditionEditor,
  cookies: JarEditor,
  fields: FieldEditor,
  notifications: TargetEditor,
};
const LISTS = { presets: Presets, conditions: Conditions, cookies: Jars, fields: Fields, notifications: Notifications };
// What one needs to see a tab; the others are everybody's.
const READS: { [kind: string]: string } = { notifications: WRITES.notifications, cookies: "cookies:read" };

export default function Rules({ rest, query }: ScreenProps) {
  const [first = "", id = ""] = rest.split("/");
  const kinds = KINDS.filter((name) => !(name in READS) || may(READS[name] ?? ""));
  const chosen = kinds.find((name) => name === first) ?? "presets";
  const [Editor, List] = [EDITORS[chosen], LISTS[chosen]];
  if (id) return <Editor key={rest} id={id} like={query.get("like")} />;
  return (
    <>
      <header class="screen-head">
        <h1>{t("rules.title")}</h1>
        {may(chosen === "cookies" ? "cookies:write" : WRITES[chosen]) && (
          <LinkButton kind="primary" icon="plus" to={`/rules/${chosen}/new`}>
            {t(`rules.new_${chosen}`)}
          </LinkButton>
        )}
      </header>
      <Tabs
        label={t("rules.title")}
        tabs={kinds.map((name) => ({ name, text: t(`rules.tab_${name}`) }))}
        chosen={chosen}
        onChoose={(name) => void navigate(`/rules/${name}`, { replace: true })}
      >
        <p class="hint rules-about">{t(`rules.about_${chosen}`)}</p>
        <List />
      </Tabs>
    </>
  );
}
