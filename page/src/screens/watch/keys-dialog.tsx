// Which keys do what.
import { t } from "../../i18n";
import { Dialog } from "../../parts/dialog";
import { HELP } from "./keys";

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("watch.keys")} onClose={onClose}>
      <dl class="watch-keys">
        {HELP.map(([keys, name]) => (
          <div key={name}>
            <dt dir="ltr">
              {keys.split(" ").map((key) => (key === "–" ? "–" : <kbd key={key}>{key}</kbd>))}
            </dt>
            <dd>{t(`watch.key_${name}`)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
