// All conditions in the order in which they are tried; the first that matches acts.
import { t } from "../../i18n";
import { presetName } from "../../parts/preset-field";
import { Record } from "../../parts/record";
import { tellProblem } from "../../parts/toast";
import { may } from "../../session";
import { type Condition, CONDITIONS, WRITES } from "./kinds";
import { KindList, KindMenu } from "./list";

export function Conditions() {
  return (
    <KindList kind={CONDITIONS as never} icon="filter">
      {(all: Condition[], reload) => (
        <ol class="records" aria-label={t("rules.tab_conditions")}>
          {all.map((condition) => (
            <Row key={condition.id} condition={condition} onChange={reload} />
          ))}
        </ol>
      )}
    </KindList>
  );
}

function Row({ condition, onChange }: { condition: Condition; onChange: () => void }) {
  const { id, name, filter = "", enabled = true, priority = 0 } = condition;
  return (
    <Record
      name={name}
      to={`/rules/conditions/${id}`}
      toggle={{
        label: t("rules.enable", { name }),
        isOn: enabled,
        isDisabled: !may(WRITES.conditions),
        onValue: (isOn) => void CONDITIONS.change(id, { enabled: isOn }).then(onChange, tellProblem),
      }}
      badges={priority > 0 && <span class="badge">{t("rules.priorityOf", { priority })}</span>}
      actions={<KindMenu kind={CONDITIONS as never} row={condition} />}
    >
      <div class="record-line">
        <code dir="ltr">{filter || "–"}</code>
      </div>
      <div class="record-line">
        {effects(condition).map((effect) => (
          <span key={effect}>{effect}</span>
        ))}
      </div>
    </Record>
  );
}

function effects({ cli = "", extras = {} }: Condition): string[] {
  if (extras["ignore_download"] === true) return [t("rules.effectSkip")];
  const preset = extras["set_preset"];
  return [
    typeof preset === "string" && preset ? t("rules.effectPreset", { name: presetName(preset) }) : "",
    cli.trim() ? t("rules.effectOptions", { options: cli.trim().replace(/\s+/g, " ") }) : "",
    extras["set_cookies"] ? t("rules.effectCookies") : "",
  ].filter(Boolean);
}
