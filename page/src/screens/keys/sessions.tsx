// Browsers that are signed in with this account.
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Empty, Loading, Problem } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { refresh } from "../../session";
import { formatMoment, sinceThen } from "./moments";

export function Sessions() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/auth/sessions")));
  if (problem !== null) return <Problem error={problem} onRetry={load} />;
  if (!value) return <Loading />;
  const end = async (id: number, isOwn: boolean) => {
    await call(api.DELETE("/api/auth/sessions/{id}", { params: { path: { id: String(id) } } })).catch(tellProblem);
    if (isOwn) await refresh();
    else load();
  };
  const endOthers = async () => {
    await call(api.DELETE("/api/auth/sessions")).then(() => tell("success", t("keys.othersEnded")), tellProblem);
    load();
  };
  const hasOthers = value.items.some(({ current }) => !current) && value.items.some(({ current }) => current);
  if (!value.items.length) return <Empty icon="user" title={t("keys.noSessions")} />;
  return (
    <>
      {hasOthers && (
        <div class="keys-intro">
          <p class="soft">{t("keys.sessionsIntro")}</p>
          <Button icon="signout" onClick={() => void endOthers()}>
            {t("keys.endOthers")}
          </Button>
        </div>
      )}
      <ul class="keys-list">
        {value.items.map((one) => (
          <li key={one.id} class="card keys-card">
            <div class="keys-head">
              <div>
                <h2>
                  {browserOf(one.user_agent)} {one.current && <span class="badge good">{t("keys.thisBrowser")}</span>}
                </h2>
                <p class="soft small">
                  <bdi>{one.ip}</bdi> · {t("keys.since", { when: sinceThen(one.created_at) })} · {t("keys.until", { when: formatMoment(one.expires_at) })}
                </p>
              </div>
              <Button icon="signout" onClick={() => void end(one.id, one.current)}>
                {t("keys.end")}
              </Button>
            </div>
            <p class="soft small" dir="ltr">
              {one.user_agent}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/curl\//, "curl"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

// "Firefox, Linux": good enough to tell one's own devices apart.
function browserOf(agent: string): string {
  const names = [BROWSERS, SYSTEMS].map((rows) => rows.find(([pattern]) => pattern.test(agent))?.[1]).filter(Boolean);
  return names.join(", ") || t("keys.someProgram");
}
