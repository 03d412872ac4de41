// The page as an app: a service worker keeps its files, and some browsers offer to install it.
import { signal } from "@preact/signals";
import { base } from "./base";

interface InstallPrompt extends Event {
  prompt: () => Promise<unknown>;
}

// What the browser would ask; null where it offers nothing, or it is installed already.
export const installPrompt = signal<InstallPrompt | null>(null);

export function startInstallation(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installPrompt.value = event as InstallPrompt;
  });
  addEventListener("appinstalled", () => {
    installPrompt.value = null;
  });
  // Where it is refused (no HTTPS, a private window) the page works without.
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(`${base}/service-worker.js`).catch(() => undefined);
}

export function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches;
}
