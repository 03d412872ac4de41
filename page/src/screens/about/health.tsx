// What is right and wrong with the service, for admins.
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { hasText, t } from "../../i18n";
import { Button } from "../../parts/button";
import { Icon, type IconName } from "../../parts/icon";
import { Loading, Problem } from "../../parts/states";
import { useLoaded } from "../../parts/use-loaded";
import { Card } from "./screen";

type Check = components["schemas"]["Diagnostics"]["checks"][number];
const ICONS: Record<string, IconName> = { pass: "check", warn: "warning", fail: "error", skip: "stop" };
const BADGES: Record<string, string> = { ok: "good", degraded: "warn", error: "bad" };

export function Health() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/system/diagnostics")));
  return (
    <Card
      title={t("about.health")}
      action={
        <>
          {value && <span class={`badge ${BADGES[value.status] ?? ""}`}>{t(`about.health_${value.status}`)}</span>}
          <Button kind="quiet" icon="retry" label={t("about.checkAgain")} onClick={load} />
        </>
      }
    >
      {problem !== null && <Problem error={problem} onRetry={load} />}
      {problem === null && !value && <Loading />}
      {value && (
        <ul class="about-checks">
          {value.checks.filter((check) => check.status !== "skip").map((check) => (
            <Line key={check.id} check={check} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Line({ check }: { check: Check }) {
  const status = String(check.status);
  return (
    <li data-status={status}>
      <Icon name={ICONS[status] ?? "info"} size={18} />
      <div lang="en" dir="auto">
        <p>
          <strong>{check.label}</strong>{" "}
          <span class="visually-hidden">{hasText(`about.check_${status}`) ? t(`about.check_${status}`) : status}</span>
        </p>
        <p class="soft small">{check.message || check.description}</p>
      </div>
    </li>
  );
}
