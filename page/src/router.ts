// Addresses of screens, by the history API and below the base path.
import { signal } from "@preact/signals";
import { base } from "./base";

export interface Place {
  // Below the base path: "/new".
  path: string;
  query: URLSearchParams;
}

// Asked before a screen is left; false keeps it.
type Guard = () => Promise<boolean>;

function here(): Place {
  const path = location.pathname.split("/").map(decode).join("/").slice(decode(base).length) || "/";
  return { path, query: new URLSearchParams(location.search) };
}

// Part by part: a name may hold what separates parts of an address. What is no escape is meant as it stands.
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal<Place>(here());
let guard: Guard | null = null;
let depth = 0;

export function href(path: string): string {
  return base + path;
}

export async function navigate(path: string, options: { replace?: boolean } = {}): Promise<void> {
  if (guard && !(await guard())) return;
  guard = null;
  if (options.replace) history.replaceState({ depth }, "", href(path));
  else history.pushState({ depth: ++depth }, "", href(path));
  handleMove();
}

// Changes the query of the address in place: filters, an open panel. No screen is left by that.
export function setQuery(changes: Record<string, string | null>, options: { push?: boolean } = {}): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const search = query.size ? `?${query}` : "";
  const target = `${location.pathname}${search}`;
  if (options.push) history.pushState({ depth: ++depth }, "", target);
  else history.replaceState({ depth }, "", target);
  place.value = here();
}

// While `ask` is set, leaving the screen asks it, and closing the tab asks the browser's own question.
export function setGuard(ask: Guard | null): void {
  guard = ask;
}

function handleMove(): void {
  const before = place.value.path;
  place.value = here();
  if (before !== place.value.path) scrollTo(0, 0);
}

async function onPop(event: PopStateEvent): Promise<void> {
  const target = Number((event.state as { depth?: number } | null)?.depth ?? 0);
  const isLeaving = here().path !== place.value.path;
  if (guard && isLeaving) {
    const ask = guard;
    const steps = target < depth ? 1 : -1;
    guard = null;
    history.go(steps); // back to where we are, until the answer is there
    await new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    guard = ask;
    if (!(await ask())) return;
    guard = null;
    history.go(-steps);
    return;
  }
  depth = target;
  handleMove();
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link?.href || link.target || link.hasAttribute("download") || link.dataset["outside"] !== undefined) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !`${url.pathname}/`.startsWith(`${base}/`)) return;
  const path = url.pathname.slice(base.length) || "/";
  if (path.startsWith("/api/") || (url.hash && url.pathname === location.pathname)) return;
  event.preventDefault();
  void navigate(path + url.search);
}

export function startRouter(): void {
  history.replaceState({ depth: 0 }, "", location.href);
  addEventListener("popstate", (event) => void onPop(event));
  document.addEventListener("click", onClick);
  addEventListener("beforeunload", (event) => {
    if (guard) event.preventDefault();
  });
}
