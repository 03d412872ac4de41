// What runs here: versions and their age, disk, health, limits, load, and where to read more.
import type { ComponentChildren } from "preact";
import { may } from "../../session";
import { address } from "../../api/client";
import { dateTime, t } from "../../i18n";
import { settings } from "../../live/state";
import { LinkButton } from "../../parts/button";
import { Health } from "./health";
import { Limits } from "./limits";
import { Load } from "./load";
import { Release } from "./release";
import { Versions } from "./versions";

export default function About() {
  const started = Number(settings.value["started"] ?? 0);
  return (
    <>
      <header class="screen-head">
        <h1>{t("about.title")}</h1>
        {started > 0 && <p class="soft small">{t("about.started", { when: dateTime(new Date(started * 1000)) })}</p>}
      </header>
      <div class="about-grid">
        <Versions />
        <Release />
        {may("system:control") && <Health />}
        <Limits />
        {settings.value["monitor_enabled"] === true && may("metrics:read") && <Load />}
        <Documents />
      </div>
    </>
  );
}

export function Card({ title, action, children }: { title: string; action?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card about-card">
      <div class="about-head">
        <h2>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

const DOCUMENTS = [
  { path: "/api/docs", key: "reference" },
  { path: "/README.md", key: "readme" },
  { path: "/FEATURES.md", key: "features" },
  { path: "/FAQ.md", key: "faq" },
  { path: "/SECURITY.md", key: "security" },
] as const;

function Documents() {
  return (
    <Card title={t("about.documents")}>
      <div class="about-links">
        {DOCUMENTS.map(({ path, key }) => (
          <LinkButton key={key} icon={key === "reference" ? "rules" : "log"} href={address(path)} target="_blank" data-outside="">
            {t(`about.doc_${key}`)}
          </LinkButton>
        ))}
      </div>
    </Card>
  );
}
