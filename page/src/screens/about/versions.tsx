// Versions of the service and of its tools, how old they are, and the disk.
import { useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { ApiError } from "../../api/errors";
import type { components } from "../../api/schema";
import { percent, size, t } from "../../i18n";
import { settings } from "../../live/state";
import { Button } from "../../parts/button";
import { Loading, Notice, Problem, ProgressBar } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { may } from "../../session";
import { Card } from "./screen";

type Ready = components["schemas"]["Ready"];
type Age = components["schemas"]["Age"];

// A service that is not ready says why in the same words.
async function askReady(): Promise<Ready> {
  try {
    return await call(api.GET("/api/system/ready"));
  } catch (error) {
    if (error instanceof ApiError && "engines" in error.body) return error.body as unknown as Ready;
    throw error;
  }
}

export function Versions() {
  const { value, problem, load } = useLoaded(askReady);
  const app = settings.value;
  return (
    <>
      <Card title={t("about.versions")} action={may("system:control") && app["check_for_updates"] === true && <CheckUpdates />}>
        {problem !== null && <Problem error={problem} onRetry={load} />}
        {problem === null && !value && <Loading />}
        {value && (
          <dl class="about-versions">
            <dt>dlambda</dt>
            <dd>
              <bdi dir="ltr">{String(app["app_version"] ?? "")}</bdi>
              {app["new_version"] ? <span class="badge warn">{t("about.newer", { version: String(app["new_version"]) })}</span> : null}
            </dd>
            <Row name="yt-dlp" value={value.ytdlp} />
            {Object.entries(value.tools).map(([name, tool]) => (
              <Row key={name} name={name} value={tool} isMissing={!tool.ok} />
            ))}
          </dl>
        )}
        {value?.missing.map((text) => (
          <Notice key={text} kind="warning">
            <span lang="en" dir="auto">
              {text}
            </span>
          </Notice>
        ))}
      </Card>
      {value && <Disk disk={value.disk} />}
    </>
  );
}

function Row({ name, value, isMissing = false }: { name: string; value: Age; isMissing?: boolean }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <bdi dir="ltr">{shortVersion(value.version)}</bdi>
        {value.age_days !== null && <span class="soft small">{t("about.age", { n: value.age_days })}</span>}
        {isMissing && <span class="badge bad">{t("about.missing")}</span>}
        {!isMissing && value.safe === false && <span class="badge bad">{t("about.unsafe")}</span>}
        {!isMissing && value.safe !== false && value.old && <span class="badge warn">{t("about.old")}</span>}
        {!isMissing && value.safe !== false && value.old === false && <span class="badge good">{t("about.current")}</span>}
      </dd>
    </>
  );
}

// "ffmpeg version n9.0.2-17-g2a571b6068-20260930" is shown as its fourth word tells.
function shortVersion(version: string | null): string {
  return version?.match(/\d\S*|n\d\S*/)?.[0] ?? version ?? "—";
}

function CheckUpdates() {
  const [isBusy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    try {
      const { app, ytdlp } = await call(api.POST("/api/system/check-updates"));
      const news = [app.new_version && `dlambda ${app.new_version}`, ytdlp.new_version && `yt-dlp ${ytdlp.new_version}`].filter(Boolean);
      if (news.length) tell("warning", t("about.newer", { version: news.join(", ") }));
      else if (app.status === "error" && ytdlp.status === "error") tell("error", t("about.notAsked"));
      else tell("success", t("about.upToDate"));
    } catch (error) {
      tellProblem(error);
    }
    setBusy(false);
  };
  return (
    <Button icon="retry" isBusy={isBusy} onClick={() => void check()}>
      {t("about.check")}
    </Button>
  );
}

function Disk({ disk }: { disk: Ready["disk"] }) {
  const used = disk.total_bytes ? (100 * (disk.total_bytes - disk.free_bytes)) / disk.total_bytes : 0;
  return (
    <Card title={t("about.disk")}>
      <ProgressBar value={used} label={t("about.disk")} />
      <p>{t("about.diskUsed", { percent: percent(used), total: size(disk.total_bytes) })}</p>
      <p class="soft small">{t("about.diskLeft", { available: size(disk.available_bytes), reserve: size(disk.reserve_bytes) })}</p>
      {!disk.ok && <Notice kind="error">{t("about.diskFull")}</Notice>}
    </Card>
  );
}
