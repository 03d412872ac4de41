// Entries that are dragged onto a folder.
import { signal } from "@preact/signals";
import { tellProblem } from "../../parts/toast";
import { move, obstacle } from "./actions";
import { type Entry, type Folder, placeOf } from "./folder";

const TYPE = "application/x-dlambda-paths";

// The folder below the pointer.
export const over = signal<string | null>(null);

export function dragOf(folder: Folder, entry: Entry) {
  if (obstacle()) return { draggable: false };
  return {
    draggable: true,
    onDragStart: (event: DragEvent) => {
      const place = placeOf(entry);
      const chosen = folder.chosen.value;
      const paths = chosen.has(place) ? [...chosen.keys()] : [place];
      event.dataTransfer?.clearData(); // a link would be dragged as its address
      event.dataTransfer?.setData(TYPE, JSON.stringify(paths));
      if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    },
    onDragEnd: () => (over.value = null),
  };
}

// `target` is a folder below the root.
export function dropOf(folder: Folder, target: string) {
  const isMeant = (event: DragEvent) => event.dataTransfer?.types.includes(TYPE) === true && target !== folder.view.path;
  return {
    onDragOver: (event: DragEvent) => {
      if (!isMeant(event)) return;
      event.preventDefault();
      event.stopPropagation();
      over.value = target;
    },
    onDragLeave: () => {
      if (over.value === target) over.value = null;
    },
    onDrop: (event: DragEvent) => {
      if (!isMeant(event)) return;
      event.preventDefault();
      event.stopPropagation();
      over.value = null;
      const paths = (JSON.parse(event.dataTransfer?.getData(TYPE) ?? "[]") as string[]).filter((path) => path !== target);
      if (!paths.length) return;
      folder.chooseNone();
      void move(paths, target, () => void folder.reload()).catch(tellProblem);
    },
  };
}
