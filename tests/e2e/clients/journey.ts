/* What a program does with the types that a generator made of openapi.json: a URL from the add to its deletion, files,
   presets, tasks, and what yt-dlp knows. Run with the address of a service and the URL of a clip. */
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; exitCode: number };
declare function setTimeout(callback: () => void, milliseconds: number): void;

type Item = components["schemas"]["ItemDetails"];

const [base, url] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: base });
const LONGEST_MS = 60_000;

function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

function answered<T>(reply: { data?: T; error?: unknown }): T {
  check(reply.data !== undefined, JSON.stringify(reply.error));
  return reply.data;
}

async function add(): Promise<string> {
  const body = [{ url, folder: "generated/typescript", preset: "default", template: "clip.%(ext)s" }];
  const [outcome] = answered(await client.POST("/api/history", { body }));
  check(outcome?._id, "no _id");
  const live = answered(await client.GET("/api/history/live"));
  const statuses: string[] = Object.values(live.queue).map((item) => item.status);
  check(statuses.every(Boolean), "an item without a status");
  const { error } = await client.POST("/api/history", { body: { url: "no address" } });
  check(error?.code && error.error, "no problem");
  return outcome._id;
}

async function waitUntilFinished(id: string): Promise<Item> {
  const end = Date.now() + LONGEST_MS;
  for (;;) {
    const item: Item = answered(await client.GET("/api/history/{id}", { params: { path: { id } } }));
    if (item.status === "finished") return item;
    check(Date.now() < end, item.status);
    await new Promise<void>((resolve) => setTimeout(resolve, 200));
  }
}

async function listDone(id: string): Promise<void> {
  const query = { type: "done", page: 1, per_page: 100, order: "DESC" } as const;
  const lists = answered(await client.GET("/api/history", { params: { query } }));
  check("items" in lists, "no page");
  check(lists.items.some((item) => item._id === id) && lists.pagination.page === 1, "not listed");
}

async function editAndDelete(id: string): Promise<void> {
  const params = { path: { id } };
  const edited = answered(await client.POST("/api/history/{id}", { params, body: { title: "By a client" } }));
  check(edited.title === "By a client", "not edited");
  const body = { type: "done" as const, ids: [id] };
  check(answered(await client.DELETE("/api/history", { body })).deleted === 1, "not deleted");
  const { error } = await client.GET("/api/history/{id}", { params });
  check(error?.code === "NOT_FOUND", "still there");
}

async function changeFiles(): Promise<void> {
  const bundle = answered(await client.POST("/api/file/download", { body: ["generated/typescript/clip.mp4"] }));
  check(bundle.token && bundle.files.length, "no bundle");
  const body = [{ action: "directory", path: "generated/typescript", new_dir: "made" }] as const;
  const results = answered(await client.POST("/api/file/actions", { body: [...body] }));
  check(Array.isArray(results) && results[0]?.ok, "no folder");
}

async function keepPresets(): Promise<void> {
  const made = answered(await client.POST("/api/presets", { body: { name: "of_typescript", cli: "-f best" } }));
  const params = { path: { id: made.id }, header: { "If-Match": '"1"' } };
  const changed = answered(await client.PATCH("/api/presets/{id}", { params, body: { description: "changed" } }));
  check(changed.description === "changed" && changed.cli.length, "not changed");
  const { response } = await client.PATCH("/api/presets/{id}", { params, body: { description: "again" } });
  check(response.status === 412, "an old version was changed");
  const configuration = answered(await client.GET("/api/system/configuration"));
  check(configuration.presets.some((preset) => preset.id === made.id), "not in the configuration");
  answered(await client.DELETE("/api/presets/{id}", { params: { path: { id: made.id } } }));
}

async function keepTasks(): Promise<void> {
  const made = answered(await client.POST("/api/tasks", { body: { name: "By TypeScript", url } }));
  check(!Array.isArray(made), "an array");
  const params = { path: { id: made.id } };
  const body = { name: "By TypeScript", url, timer: "5 4 * * *" };
  check(answered(await client.PUT("/api/tasks/{id}", { params, body })).next_run, "no next run");
  check(!answered(await client.PATCH("/api/tasks/{id}", { params, body: { enabled: false } })).enabled, "enabled");
  const page = answered(await client.GET("/api/tasks", { params: { query: { per_page: 1000 } } }));
  check(page.items.some((task) => task.id === made.id), "not listed");
  answered(await client.DELETE("/api/tasks/{id}", { params }));
}

async function lookUp(): Promise<void> {
  const info = answered(await client.GET("/api/yt-dlp/url/info", { params: { query: { url } } }));
  check(info._cached.ttl > 0, "no cache entry");
  const converted = answered(await client.POST("/api/yt-dlp/convert", { body: { args: "-f best" } }));
  check(converted.format === "best", "no format");
}

const id = await add();
const item = await waitUntilFinished(id);
check(item.filename === "clip.mp4" && item.ffprobe, "no file");
await listDone(id);
await changeFiles();
await editAndDelete(id);
await keepPresets();
await keepTasks();
await lookUp();
