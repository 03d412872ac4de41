// What can be done with an entry.
import { t } from "../../i18n";
import type { MenuItem } from "../../parts/menu";
import { tellProblem } from "../../parts/toast";
import { setQuery } from "../../router";
import { obstacle, remove, saveZip } from "./actions";
import { isPlayed, saved, targetOf } from "./entry-facts";
import { type Entry, type Folder, placeOf } from "./folder";

export interface Doing {
  folder: Folder;
  // Asks where to.
  onMove: (paths: readonly string[]) => void;
}

export function openDetails(entry: Entry): void {
  setQuery({ file: entry.name }, { push: true });
}

export function zip(paths: readonly string[]): void {
  void saveZip(paths).catch(tellProblem);
}

export function removeEntries(folder: Folder, entries: readonly Entry[]): void {
  const hasFolders = entries.some((entry) => entry.is_dir);
  const changed = () => {
    folder.chooseNone();
    void folder.reload();
  };
  void remove(entries.map(placeOf), hasFolders, changed).catch(tellProblem);
}

export function itemsOf(entry: Entry, { folder, onMove }: Doing): (MenuItem | null)[] {
  const why = obstacle();
  const barred = why ? { isDisabled: true, hint: why } : {};
  const target = targetOf(entry);
  return [
    ...(isPlayed(entry) && target ? [{ text: t("files.play"), icon: "play" as const, href: target }] : []),
    ...(entry.is_dir && target ? [{ text: t("files.open"), icon: "folder" as const, href: target }] : []),
    ...(entry.is_dir ? [] : [{ text: t("files.details"), icon: "info" as const, run: () => openDetails(entry) }]),
    ...(entry.is_dir ? [] : [{ text: t("files.save"), icon: "download" as const, href: saved(entry), download: true }]),
    { text: t("files.zip"), icon: "zip", run: () => zip([placeOf(entry)]) },
    null,
    { text: t("files.rename"), icon: "edit", run: () => (folder.renamed.value = placeOf(entry)), ...(why ? { isDisabled: true } : {}) },
    { text: t("files.move"), icon: "move", run: () => onMove([placeOf(entry)]), ...(why ? { isDisabled: true } : {}) },
    { text: t("files.delete"), icon: "trash", isDangerous: !why, run: () => removeEntries(folder, [entry]), ...barred },
  ];
}
