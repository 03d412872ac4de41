// What was written for media centres.
import { t } from "../../i18n";
import { Dialog } from "../../parts/dialog";
import type { ChannelFiles } from "./api";

export function Metadata({ files, onClose }: { files: ChannelFiles; onClose: () => void }) {
  const paths = [files.nfo_file, files.json_file, ...Object.values(files.thumbnails)].filter(Boolean);
  return (
    <Dialog title={files.title} onClose={onClose}>
      <p>{t("tasks.metadataWritten", { n: paths.length })}</p>
      <ul class="written" dir="ltr">
        {paths.map((path) => (
          <li key={path}>
            <code>{path}</code>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
