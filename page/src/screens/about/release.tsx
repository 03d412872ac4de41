// Which release of yt-dlp serves, what is known of newer ones, and an update on demand.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { dateTime, t } from "../../i18n";
import { Button } from "../../parts/button";
import { Loading, Notice, Problem } from "../../parts/states";
import { tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { may } from "../../session";
import { Card } from "./screen";

type YtdlpRelease = components["schemas"]["YtdlpRelease"];
const ASK_AGAIN_MS = 1500;

export function Release() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/system/yt-dlp")));
  useEffect(() => {
    if (!value?.updating) return undefined;
    const timer = setTimeout(load, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return (
    <Card title="yt-dlp" action={may("system:control") && value && <Update release={value} onStarted={load} />}>
      {problem !== null && <Problem error={problem} onRetry={load} />}
      {problem === null && !value && <Loading />}
      {value && <Facts release={value} />}
    </Card>
  );
}

function Facts({ release }: { release: YtdlpRelease }) {
  return (
    <>
      <dl class="about-versions">
        <dt>{t("about.serves")}</dt>
        <dd>
          <bdi dir="ltr">{release.version}</bdi>
          {release.version !== release.installed && (
            <span class="soft small">{t("about.installedWith", { version: release.installed })}</span>
          )}
        </dd>
        <dt>{t("about.channel")}</dt>
        <dd>
          <bdi dir="ltr">{release.channel}</bdi>
        </dd>
        {release.checked_at !== null && (
          <>
            <dt>{t("about.lastCheck")}</dt>
            <dd>{dateTime(new Date(release.checked_at * 1000))}</dd>
          </>
        )}
      </dl>
      {release.updating && <p role="status">{t("about.updating")}</p>}
      {release.trial !== null && <Notice kind="info">{t("about.trial", { version: release.trial })}</Notice>}
      {release.refused.map(({ version, reason }) => (
        <Notice key={version} kind="warning">
          {t("about.refused", { version })}{" "}
          <span lang="en" dir="auto">
            {reason}
          </span>
        </Notice>
      ))}
      {release.error !== null && !release.refused.some(({ reason }) => reason === release.error) && (
        <Notice kind="error">
          <span lang="en" dir="auto">
            {release.error}
          </span>
        </Notice>
      )}
    </>
  );
}

function Update({ release, onStarted }: { release: YtdlpRelease; onStarted: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const update = async () => {
    setBusy(true);
    try {
      await call(api.POST("/api/system/yt-dlp/update"));
      onStarted();
    } catch (error) {
      tellProblem(error);
    }
    setBusy(false);
  };
  return (
    <Button icon="retry" isBusy={isBusy || release.updating} onClick={() => void update()}>
      {t("about.update")}
    </Button>
  );
}
