// From which level on the service writes: changed while it runs.
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { SelectField } from "../../parts/field";
import { tell, tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { may } from "../../session";
import { levelText } from "./screen";

export function RuntimeLevel() {
  const { value, load } = useLoaded(() => call(api.GET("/api/logs/level")));
  if (!value || !may("system:control")) return null;
  const change = async (level: string) => {
    await call(api.POST("/api/logs/level/{level}", { params: { path: { level } } })).then(
      () => tell("success", level === value.conf ? t("logs.levelAsSet") : t("logs.levelChanged", { level: levelText(level) })),
      tellProblem,
    );
    load();
  };
  return (
    <div class="logs-runtime">
      <SelectField
        label={t("logs.writes")}
        name="runtime-level"
        value={value.active}
        onValue={(level) => void change(level)}
        options={value.levels.map((level) => ({ value: level, text: levelText(level) }))}
      />
    </div>
  );
}
