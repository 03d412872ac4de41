// What the lists of the four kinds share: loading, an empty state, the menu of a row, and the start of an editor.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { isHidden, removeLater, useLoaded } from "../../live/resource";
import { LinkButton } from "../../parts/button";
import type { IconName } from "../../parts/icon";
import { Menu, type MenuItem } from "../../parts/menu";
import { Empty, Loading, Problem } from "../../parts/states";
import { href } from "../../router";
import { may } from "../../session";
import { type Kind, WRITES } from "./kinds";

type Named = { id: number; name: string };

interface KindListProps<View extends Named> {
  kind: Kind<View, never>;
  icon: IconName;
  children: (all: View[], reload: () => void) => ComponentChildren;
}

export function KindList<View extends Named>({ kind, icon, children }: KindListProps<View>) {
  const { value, problem, reload } = useLoaded(kind.list, kind.feature);
  if (problem && !value) return <Problem error={problem} onRetry={reload} />;
  if (!value) return <Loading />;
  const visible = value.filter(({ id }) => !isHidden(`${kind.name}/${id}`));
  if (visible.length) return <>{children(visible, reload)}</>;
  return (
    <Empty icon={icon} title={t(`rules.empty_${kind.name}`)}>
      {may(WRITES[kind.name]) && (
        <LinkButton kind="primary" icon="plus" to={`/rules/${kind.name}/new`}>
          {t(`rules.new_${kind.name}`)}
        </LinkButton>
      )}
    </Empty>
  );
}

interface KindMenuProps<View extends Named> {
  kind: Kind<View, never>;
  row: View;
  more?: MenuItem[];
  isFixed?: boolean;
}

export function KindMenu<View extends Named>({ kind, row: { id, name }, more = [], isFixed = false }: KindMenuProps<View>) {
  const path = `/rules/${kind.name}`;
  const mayWrite = may(WRITES[kind.name]);
  const isShown = isFixed || !mayWrite;
  const remove = () => removeLater(`${kind.name}/${id}`, t("rules.deleted", { name }), () => kind.remove(id));
  return (
    <Menu
      label={t("rules.moreOf", { name })}
      items={[
        { text: isShown ? t("rules.show") : t("rules.edit"), icon: isShown ? "eye" : "edit", href: href(`${path}/${id}`) },
        ...(mayWrite ? [{ text: t("rules.duplicate"), icon: "copy" as const, href: href(`${path}/new?like=${id}`) }] : []),
        ...more,
        ...(isShown ? [] : [null, { text: t("rules.delete"), icon: "trash" as const, isDangerous: true, run: remove }]),
      ]}
    />
  );
}

export interface EditorStart {
  // "new", or a number.
  id: string;
  // Of what a new one is a copy.
  like: string | null;
}

interface StartProps<View extends Named> extends EditorStart {
  kind: Kind<View, never>;
  children: (view: View | null) => ComponentChildren;
}

// Loads what is edited or copied, once.
export function Start<View extends Named>({ id, like, kind, children }: StartProps<View>) {
  const source = id === "new" ? like : id;
  const [view, setView] = useState<View | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    if (source) kind.get(Number(source)).then(setView, setProblem);
  }, [source]);
  if (problem) return <Problem error={problem} />;
  if (source && !view) return <Loading />;
  return <>{children(view)}</>;
}
