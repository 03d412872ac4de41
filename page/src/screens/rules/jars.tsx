// The cookies of sites: whose they are, whether they still work, and when they end.
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { ago, dateTime, t } from "../../i18n";
import { isHidden, removeLater, useLoaded } from "../../live/resource";
import { LinkButton } from "../../parts/button";
import { Menu } from "../../parts/menu";
import { Record } from "../../parts/record";
import { Empty, Loading, Problem } from "../../parts/states";
import { href } from "../../router";
import { may } from "../../session";

export type Jar = components["schemas"]["JarView"];

const BADGES: { [state in Jar["state"]]: string } = { ok: "good", expiring: "warn", expired: "bad", refused: "bad" };
const path = (site: string) => `/rules/cookies/${encodeURIComponent(site)}`;
// Cookies that are sent again after a removal are others.
const key = ({ site, updated_at }: Jar) => `cookies/${site}/${updated_at}`;
const day = (seconds: number) => dateTime(new Date(seconds * 1000));

export function Jars() {
  const { value, problem, reload } = useLoaded(async () => (await call(api.GET("/api/cookies"))).jars, "cookies");
  if (problem && !value) return <Problem error={problem} onRetry={reload} />;
  if (!value) return <Loading />;
  const visible = value.filter((jar) => !isHidden(key(jar)));
  if (!visible.length)
    return (
      <Empty icon="key" title={t("rules.empty_cookies")}>
        {may("cookies:write") && (
          <LinkButton kind="primary" icon="plus" to="/rules/cookies/new">
            {t("rules.new_cookies")}
          </LinkButton>
        )}
      </Empty>
    );
  return (
    <ol class="records" aria-label={t("rules.tab_cookies")}>
      {visible.map((jar) => (
        <Line key={jar.site} jar={jar} />
      ))}
    </ol>
  );
}

function Line({ jar }: { jar: Jar }) {
  const { site } = jar;
  const remove = () =>
    removeLater(key(jar), t("rules.deleted", { name: site }), () =>
      call(api.DELETE("/api/cookies/{site}", { params: { path: { site } } })),
    );
  const menu = (
    <Menu
      label={t("rules.moreOf", { name: site })}
      items={[
        { text: t("rules.edit"), icon: "edit", href: href(path(site)) },
        null,
        { text: t("rules.delete"), icon: "trash", isDangerous: true, run: remove },
      ]}
    />
  );
  return (
    <Record
      name={site}
      {...(may("cookies:write") ? { to: path(site), actions: menu } : {})}
      badges={
        <>
          <span class={`badge ${BADGES[jar.state]}`}>{t(`rules.jar_${jar.state}`)}</span>
          {jar.shared && <span class="badge">{t("rules.jarShared")}</span>}
          {jar.use === "needed" && <span class="badge">{t("rules.jarNeeded")}</span>}
        </>
      }
    >
      <div class="record-line">
        <span>{t("rules.jarCount", { n: jar.count })}</span>
        <span>{t("rules.jarSent", { when: ago(new Date(jar.updated_at * 1000)) })}</span>
        {jar.expires_at !== null && <span>{t("rules.jarEnds", { when: day(jar.expires_at) })}</span>}
        {jar.last_success_at !== null && <span>{t("rules.jarWorked", { when: ago(new Date(jar.last_success_at * 1000)) })}</span>}
      </div>
    </Record>
  );
}
