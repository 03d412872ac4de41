// Addresses that are pasted or dropped anywhere on the page: they are taken to the screen that adds.
import { signal } from "@preact/signals";
import { navigate, place } from "./router";

// Waits for the screen that adds, which takes it and sets it to "".
export const pasted = signal("");

const ADDRESS = /https?:\/\/[^\s<>"']+/gi;
const LISTS = /\.(txt|url|webloc|m3u8?|csv)$/i;
const LARGEST_BYTES = 1_000_000;

export function addressesIn(text: string): string[] {
  return [...new Set(text.match(ADDRESS) ?? [])];
}

// What a dropped or chosen file names: lines of a text, or the one address of a shortcut.
export async function addressesOf(files: Iterable<File>): Promise<string[]> {
  const lists = [...files].filter((file) => (LISTS.test(file.name) || file.type === "text/plain") && file.size <= LARGEST_BYTES);
  const texts = await Promise.all(lists.map((file) => file.text()));
  return texts.flatMap((text) => {
    const lines = text.split(/\r?\n/).filter((line) => !line.trim().startsWith("#"));
    return addressesIn(lines.join("\n").replace(/&amp;/g, "&"));
  });
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}

function take(addresses: string[]): boolean {
  if (!addresses.length) return false;
  pasted.value = addresses.join("\n");
  if (place.value.path !== "/new") void navigate("/new");
  return true;
}

export function startPasting(isAllowed: () => boolean): void {
  document.addEventListener("paste", (event) => {
    if (isEditable(event.target) || !isAllowed()) return;
    if (take(addressesIn(event.clipboardData?.getData("text") ?? ""))) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => {
    const types = event.dataTransfer?.types ?? [];
    if (isAllowed() && !isEditable(event.target) && (types.includes("Files") || types.includes("text/uri-list"))) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!isAllowed() || isEditable(event.target) || !event.dataTransfer) return;
    event.preventDefault();
    const text = event.dataTransfer.getData("text/uri-list") || event.dataTransfer.getData("text");
    void addressesOf(event.dataTransfer.files).then((addresses) => take([...addresses, ...addressesIn(text)]));
  });
}
