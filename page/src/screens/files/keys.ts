// Keys of the list: arrows go from entry to entry, F2 renames, Delete deletes, Ctrl+A selects all, Escape none.
import { useEffect } from "preact/hooks";
import { tell, tellProblem } from "../../parts/toast";
import { obstacle } from "./actions";
import { type Folder, placeOf } from "./folder";
import { removeEntries } from "./menu-items";

const TYPING = "input:not([type=checkbox]), textarea, select, dialog, [role=menu]";
const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

export function useKeys(folder: Folder): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => onKey(event, folder);
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [folder]);
}

function onKey(event: KeyboardEvent, folder: Folder): void {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (event.defaultPrevented || target?.closest(TYPING) || document.querySelector("dialog[open]")) return;
  const focused = target?.closest<HTMLElement>(".files-row, .files-card");
  const step = STEPS[event.key];
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") void folder.chooseAll().catch(tellProblem);
  else if (event.key === "Escape" && folder.chosen.value.size) folder.chooseNone();
  else if (event.key === "F2" && focused) renameOf(focused, folder);
  else if (event.key === "Delete" && folder.chosen.value.size) remove(folder);
  else if (step && focused) go(focused, step);
  else return;
  event.preventDefault();
}

function go(focused: HTMLElement, step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".files-row, .files-card")];
  rows[rows.indexOf(focused) + step]?.querySelector<HTMLElement>(".files-name")?.focus();
}

function renameOf(focused: HTMLElement, folder: Folder): void {
  if (obstacle()) return tell("warning", obstacle());
  const name = focused.querySelector(".files-name")?.textContent ?? "";
  for (let index = 0; index < (folder.total.value ?? 0); index++) {
    const entry = folder.at(index);
    if (entry?.name === name) folder.renamed.value = placeOf(entry);
  }
}

function remove(folder: Folder): void {
  if (obstacle()) tell("warning", obstacle());
  else removeEntries(folder, [...folder.chosen.value.values()]);
}
