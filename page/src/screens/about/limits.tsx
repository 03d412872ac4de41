// How many downloads may run, how many do, and which setting says so.
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { Loading, Problem, ProgressBar } from "../../parts/states";
import { useLoaded } from "../../parts/use-loaded";
import { Card } from "./screen";

export function Limits() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/system/limits")));
  const all = value?.downloads.global;
  return (
    <Card title={t("about.limits")}>
      {problem !== null && <Problem error={problem} onRetry={load} />}
      {problem === null && !value && <Loading />}
      {value && all && (
        <>
          <Limit name={t("about.allDownloads")} {...all} />
          {value.downloads.per_extractor.items.map((row) => (
            <Limit key={row.name} {...row} />
          ))}
          <Limit name={t("about.keyTasks")} {...value.key_tasks} />
          <p class="soft small">{t("about.queued", { n: all.queued })}</p>
          <p class="soft small">
            {t("about.perSite", { n: value.downloads.per_extractor.default_limit })}{" "}
            <code dir="ltr">{value.downloads.per_extractor.setting}</code>
          </p>
        </>
      )}
    </Card>
  );
}

function Limit({ name, active, limit, setting }: { name: string; active: number; limit: number; setting: string }) {
  return (
    <div class="about-limit">
      <p>
        <bdi>{name}</bdi> <span class="soft">{t("about.of", { active, limit })}</span>
      </p>
      <ProgressBar value={limit ? (100 * active) / limit : 0} label={name} />
      <p class="soft small">
        <code dir="ltr">{setting}</code>
      </p>
    </div>
  );
}
