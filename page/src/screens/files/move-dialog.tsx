// Chooses the folder that something is moved to; it can be made here.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { folderOf, nameOf } from "../../api/media";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Loading, Problem } from "../../parts/states";
import { tellProblem } from "../../parts/toast";
import { move } from "./actions";
import type { Folder } from "./folder";
import { NewFolder } from "./new-folder";

export function MoveDialog({ folder, paths, onClose }: { folder: Folder; paths: readonly string[]; onClose: () => void }) {
  const [place, setPlace] = useState(folder.view.path);
  const [names, setNames] = useState<string[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [isMaking, setMaking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const load = () => {
    setNames(null);
    setProblem(null);
    call(api.GET("/api/system/folders", { params: { query: { path: place } } })).then((answer) => setNames(answer.folders), setProblem);
  };
  useEffect(load, [place]);
  const below = (name: string) => (place ? `${place}/${name}` : name);
  const run = async () => {
    setBusy(true);
    try {
      await move(paths, place, () => void folder.reload());
      folder.chooseNone();
      onClose();
    } catch (error) {
      tellProblem(error);
      setBusy(false);
    }
  };
  const targets = names?.filter((name) => !paths.includes(below(name))) ?? [];
  return (
    <Dialog
      title={t("files.moveTitle", { n: paths.length })}
      onClose={onClose}
      footer={
        <>
          <Button icon="folderNew" onClick={() => setMaking(true)}>
            {t("files.newFolder")}
          </Button>
          <Button kind="primary" icon="move" isBusy={isBusy} disabled={isMaking || place === folder.view.path} onClick={() => void run()}>
            {t("files.moveHere")}
          </Button>
        </>
      }
    >
      <p class="files-target">
        <Button
          kind="quiet"
          icon="up"
          label={t("files.up")}
          disabled={!place}
          onClick={() => setPlace(folderOf(place))}
        />
        <strong>
          <bdi>{place || t("files.title")}</bdi>
        </strong>
      </p>
      {isMaking && (
        <NewFolder
          path={place}
          onDone={(name) => {
            setMaking(false);
            if (name) setPlace(below(name));
          }}
        />
      )}
      {problem !== null && <Problem error={problem} onRetry={load} />}
      {problem === null && names === null && <Loading />}
      {names && (
        <ul class="files-folders" aria-label={t("files.folders")}>
          {targets.map((name) => (
            <li key={name}>
              <button type="button" onClick={() => setPlace(below(name))}>
                <Icon name="folder" />
                <bdi>{nameOf(name)}</bdi>
                <Icon name="chevron" size={16} />
              </button>
            </li>
          ))}
          {targets.length === 0 && <li class="soft">{t("files.noFolders")}</li>}
        </ul>
      )}
    </Dialog>
  );
}
