// All definitions, in the order in which they are tried.
import { t } from "../../i18n";
import { isHidden, removeLater, useLoaded } from "../../live/resource";
import { LinkButton } from "../../parts/button";
import { Menu } from "../../parts/menu";
import { Record } from "../../parts/record";
import { Empty, Loading, Problem } from "../../parts/states";
import { tellProblem } from "../../parts/toast";
import { href } from "../../router";
import { may } from "../../session";
import { changeDefinition, type Definition, listDefinitions, removeDefinition } from "./api";

export function Definitions() {
  const definitions = useLoaded(listDefinitions, "tasks_definitions");
  if (definitions.problem && !definitions.value) return <Problem error={definitions.problem} onRetry={definitions.reload} />;
  if (!definitions.value) return <Loading />;
  const visible = definitions.value.filter(({ id }) => !isHidden(`definitions/${id}`));
  if (!visible.length) {
    return (
      <Empty icon="list" title={t("tasks.definitionsEmptyTitle")} text={t("tasks.definitionsEmptyText")}>
        {may("rules:write") && (
          <LinkButton kind="primary" icon="plus" to="/tasks/definitions/new">
            {t("tasks.addDefinition")}
          </LinkButton>
        )}
      </Empty>
    );
  }
  return (
    <ul class="records" aria-label={t("tasks.definitions")}>
      {visible.map((definition) => (
        <Row key={definition.id} definition={definition} onChange={definitions.reload} />
      ))}
    </ul>
  );
}

function Row({ definition, onChange }: { definition: Definition; onChange: () => void }) {
  const { id, name, priority = 0, match_url: patterns = [], description } = definition;
  const toggle = (enabled: boolean) => void changeDefinition(id, { enabled }).then(onChange, tellProblem);
  const remove = () => removeLater(`definitions/${id}`, t("tasks.deleted", { name }), () => removeDefinition(id));
  return (
    <Record
      name={name}
      to={`/tasks/definitions/${id}`}
      toggle={{
        label: t("tasks.enable", { name }),
        isOn: definition.enabled ?? true,
        isDisabled: !may("rules:write"),
        onValue: toggle,
      }}
      badges={priority > 0 && <span class="badge">{t("tasks.priorityOf", { priority })}</span>}
      actions={
        may("rules:write") && (
          <Menu
            label={t("tasks.moreOf", { name })}
            items={[
              { text: t("tasks.edit"), icon: "edit", href: href(`/tasks/definitions/${id}`) },
              { text: t("tasks.duplicate"), icon: "copy", href: href(`/tasks/definitions/new?like=${id}`) },
              null,
              { text: t("tasks.delete"), icon: "trash", isDangerous: true, run: remove },
            ]}
          />
        )
      }
    >
      {description && <div class="record-line">{description}</div>}
      <div class="record-line">
        {patterns.length ? patterns.map((pattern) => <code key={pattern} dir="ltr">{pattern}</code>) : t("tasks.matchesNothing")}
      </div>
    </Record>
  );
}
