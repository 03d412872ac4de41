// What the server tells the page: where it lies, and where events come from when that is elsewhere.
function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

// Without a final slash; empty at the root.
export const base = meta("base-path");
export const socketAddress = meta("socket");
