// All presets: one's own, and those that come with the service.
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { settings } from "../../live/state";
import { CopyButton } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { presetName } from "../../parts/preset-field";
import { Record } from "../../parts/record";
import { Loading, Problem } from "../../parts/states";
import { useLoaded } from "../../live/resource";
import { commandOf, type Preset, PRESETS } from "./kinds";
import { KindList, KindMenu } from "./list";

export function Presets() {
  const [openPreset, setOpenPreset] = useState<Preset | null>(null);
  return (
    <KindList kind={PRESETS as never} icon="rules">
      {(all: Preset[]) => {
        const own = all.filter((preset) => !preset.default);
        const fixed = all.filter((preset) => preset.default);
        return (
          <>
            <ul class="records" aria-label={t("rules.tab_presets")}>
              {own.map((preset) => (
                <Row key={preset.id} preset={preset} onCommand={() => setOpenPreset(preset)} />
              ))}
            </ul>
            <h2 class="records-heading">{t("rules.fixedPresets")}</h2>
            <ul class="records" aria-label={t("rules.fixedPresets")}>
              {fixed.map((preset) => (
                <Row key={preset.id} preset={preset} onCommand={() => setOpenPreset(preset)} />
              ))}
            </ul>
            {openPreset && (
              <Dialog title={t("rules.commandOf", { name: presetName(openPreset.name) })} onClose={() => setOpenPreset(null)}>
                <Command preset={openPreset.name} />
              </Dialog>
            )}
          </>
        );
      }}
    </KindList>
  );
}

function Row({ preset, onCommand }: { preset: Preset; onCommand: () => void }) {
  const { name, description = "", folder = "", cli = "", priority = 0 } = preset;
  const isStandard = settings.value["default_preset"] === name;
  const command = hasCommands() ? [{ text: t("rules.command"), icon: "terminal" as const, run: onCommand }] : [];
  return (
    <Record
      name={presetName(name)}
      to={`/rules/presets/${preset.id}`}
      badges={
        <>
          {isStandard && <span class="badge good">{t("rules.standard")}</span>}
          {preset.has_cookies && <span class="badge">{t("rules.withCookies")}</span>}
          {priority > 0 && <span class="badge">{t("rules.priorityOf", { priority })}</span>}
        </>
      }
      actions={<KindMenu kind={PRESETS as never} row={preset} more={command} isFixed={preset.default} />}
    >
      {description.trim() && <div class="record-line">{description.trim().split("\n")[0]}</div>}
      {folder && <div class="record-line">{t("rules.inFolder", { folder })}</div>}
      {cli.trim() && !preset.default && (
        <div class="record-line">
          <code class="record-clip" dir="ltr">
            {cli.replace(/\s+/g, " ")}
          </code>
        </div>
      )}
    </Record>
  );
}

// The service tells commands only where its console is switched on.
export function hasCommands(): boolean {
  return settings.value["console_enabled"] === true;
}

export function Command({ preset }: { preset: string }) {
  const { value, problem, reload } = useLoaded(() => commandOf(preset), "presets", preset);
  if (problem) return <Problem error={problem} onRetry={reload} />;
  if (value === null) return <Loading />;
  return (
    <div class="editor-part">
      <pre class="command" dir="ltr" tabIndex={0} role="region" aria-label={t("rules.command")}>
        <code>{`yt-dlp ${value}`}</code>
      </pre>
      <p class="hint">{t("rules.commandHint")}</p>
      <div>
        <CopyButton text={`yt-dlp ${value}`} />
      </div>
    </div>
  );
}
