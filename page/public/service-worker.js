// Keeps the page's own files, so that an installed page opens without a connection. Answers of the API are never kept.
// The build puts VERSION, FILES (of the page) and SCREENS (first segments of their addresses) in front (build.mjs).
const SCOPE = new URL(self.registration.scope);
// Another base path of the same origin has a cache of its own.
const PREFIX = `dlambda ${SCOPE.pathname} `;
const CACHE = PREFIX + VERSION;
// Scripts are asked for with an Origin, by which the service's answers vary; the files are the same for all.
const HOW = { cacheName: CACHE, ignoreVary: true };

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== SCOPE.origin || !pathname.startsWith(SCOPE.pathname)) return;
  const path = pathname.slice(SCOPE.pathname.length);
  if (FILES.includes(path)) event.respondWith(cachedOrFetched(request));
  else if (request.mode === "navigate" && SCREENS.includes(path.split("/")[0])) event.respondWith(fetchedOrShell(request));
});

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(["", ...FILES].map((path) => new URL(path, SCOPE).href));
}

async function dropOthers() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function cachedOrFetched(request) {
  return (await caches.match(request, HOW)) ?? fetch(request);
}

async function fetchedOrShell(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const shell = await caches.match(SCOPE.href, HOW);
    if (shell) return shell;
    throw error;
  }
}
