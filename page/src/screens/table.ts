// All screens, and which of them an address means.
import screens from "screens:all";
import { t } from "../i18n";
import { may } from "../session";
import type { Screen } from "./screen";

const BY_ORDER = [...screens].sort((one, other) => one.order - other.order);

export function screenOf(path: string): { screen: Screen; rest: string } | null {
  const segment = `/${path.split("/")[1] ?? ""}`;
  const screen = screens.find((one) => one.path === segment);
  if (!screen || !isAllowed(screen) || (screen.path === "/" && path !== "/")) return null;
  return { screen, rest: path.slice(screen.path.length).replace(/^\//, "") };
}

export function navigation(group: Screen["group"]): Screen[] {
  return BY_ORDER.filter((screen) => screen.group === group && isAllowed(screen));
}

function isAllowed(screen: Screen): boolean {
  return screen.permission === undefined || may(screen.permission);
}

export function titleOf(screen: Screen): string {
  return t(`${screen.name}.title`);
}
