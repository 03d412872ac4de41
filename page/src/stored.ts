// Choices that this browser keeps. A private window may keep none: then they last as long as the page.
const PREFIX = "dlambda.";
const here = new Map<string, string>();

export function read(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name) ?? here.get(name) ?? null;
  } catch {
    return here.get(name) ?? null;
  }
}

export function write(name: string, value: string | null): void {
  if (value === null) here.delete(name);
  else here.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Kept in memory alone.
  }
}

// Tells of a choice made in another tab.
export function watch(name: string, changed: (value: string | null) => void): void {
  addEventListener("storage", (event) => {
    if (event.key === PREFIX + name) changed(event.newValue);
  });
}
