// Keeps a half-filled form: `useFormGuard(isDirty)` asks before its screen is left.
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { setGuard } from "../router";
import { confirm } from "./dialog";

export function useFormGuard(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return;
    setGuard(askToLeave);
    return () => setGuard(null);
  }, [isDirty]);
}

export function askToLeave(): Promise<boolean> {
  return confirm({
    title: t("common.leaveTitle"),
    text: t("common.leaveText"),
    yes: t("common.leave"),
    no: t("common.stay"),
    isDangerous: true,
  });
}
