// What can be done with all that is selected, at the lower edge.
import { size, t } from "../../i18n";
import { Button } from "../../parts/button";
import { Menu } from "../../parts/menu";
import { ProgressBar } from "../../parts/states";
import { tellProblem } from "../../parts/toast";
import { obstacle, zips } from "./actions";
import { type Doing, removeEntries, zip } from "./menu-items";

export function ChosenBar({ folder, onMove }: Doing) {
  const chosen = folder.chosen.value;
  const count = chosen.size;
  if (!count) return null;
  const why = obstacle();
  const barred = why ? { isDisabled: true } : {};
  const bytes = [...chosen.values()].reduce((sum, entry) => sum + (entry.is_dir ? 0 : entry.size), 0);
  const paths = [...chosen.keys()];
  return (
    <div class="files-bar" role="region" aria-label={t("files.chosen", { n: count })}>
      <Button kind="quiet" icon="close" label={t("files.chooseNone")} onClick={() => folder.chooseNone()} />
      <p class="files-bar-count">
        <strong>{t("files.chosen", { n: count })}</strong> {bytes > 0 && <span class="soft">{size(bytes)}</span>}
      </p>
      <Button
        kind="primary"
        icon="zip"
        onClick={() => {
          zip(paths);
          folder.chooseNone();
        }}
      >
        {t("files.zip")}
      </Button>
      <Menu
        label={t("files.moreActions")}
        kind="plain"
        items={[
          { text: t("files.chooseAll"), icon: "check", run: () => void folder.chooseAll().catch(tellProblem) },
          null,
          { text: t("files.move"), icon: "move", run: () => onMove(paths), ...barred },
          {
            text: t("files.delete"),
            icon: "trash",
            isDangerous: !why,
            run: () => removeEntries(folder, [...chosen.values()]),
            ...(why ? { isDisabled: true, hint: why } : {}),
          },
        ]}
      />
    </div>
  );
}

export function Zips() {
  return (
    <div class="files-zips" role="status">
      {zips.value.map(({ id, count }) => (
        <div key={id} class="files-zip">
          <p>{t("files.zipping", { n: count })}</p>
          <ProgressBar value={null} label={t("files.zipping", { n: count })} />
        </div>
      ))}
    </div>
  );
}
