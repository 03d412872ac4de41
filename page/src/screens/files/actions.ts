// Changes of files: each is one request, or a job that is asked until it is done.
import { address, api, call, pathOf } from "../../api/client";
import { ApiError } from "../../api/errors";
import { nameOf } from "../../api/media";
import type { components } from "../../api/schema";
import { t } from "../../i18n";
import { settings } from "../../live/state";
import { confirm } from "../../parts/dialog";
import { tell, tellProblem } from "../../parts/toast";
import { signal } from "@preact/signals";

type Input = components["schemas"]["FileActionInput"];

export interface Result {
  path: string;
  ok: boolean;
  error: string | null;
  new_path?: string;
}

export const SETTING = "YTP_BROWSER_CONTROL_ENABLED";
const POLL_MS = 1000;
const NO_CONTROL = 403;

// Why files cannot be changed; "" when they can.
export function obstacle(): string {
  return settings.value["browser_control_enabled"] === false ? t("files.switchedOff", { setting: SETTING }) : "";
}

export async function send(actions: Input[]): Promise<Result[]> {
  // Names may hold what looks like an escape; the service decodes paths once.
  const originalPaths = new Map(actions.map(({ path }) => [pathOf(path), path]));
  const body = actions.map((action) => ({ ...action, path: pathOf(action.path) }));
  try {
    let answer = await call(api.POST("/api/file/actions", { body }));
    while (!Array.isArray(answer) && !answer.done) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      answer = await call(api.GET("/api/file/jobs/{id}", { params: { path: { id: answer.job } } }));
    }
    const results = (Array.isArray(answer) ? answer : answer.results) as unknown as Result[];
    return results.map((result) => ({ ...result, path: originalPaths.get(result.path) ?? result.path }));
  } catch (error) {
    if (error instanceof ApiError && error.status === NO_CONTROL && error.message.includes("actions is disabled")) {
      throw new ApiError(NO_CONTROL, error.code, t("files.switchedOff", { setting: SETTING }));
    }
    throw error;
  }
}

// Of the results for `paths`, without those of sidecars that went along.
function tellResults(results: readonly Result[], paths: readonly string[], done: (n: number) => string, undo?: () => void): void {
  const own = results.filter(({ path }) => paths.includes(path));
  const failed = results.filter(({ ok }) => !ok);
  const succeeded = own.filter(({ ok }) => ok).length;
  if (failed[0]) tell("error", t("files.failed", { n: failed.length, name: nameOf(failed[0].path), why: failed[0].error ?? "" }));
  if (succeeded) tell("success", done(succeeded), undo ? { text: t("common.undo"), run: undo } : null);
}

// The error's text, or null when it has the name. Undoing it gives the old one back.
export async function rename(path: string, name: string, changed: () => void): Promise<string | null> {
  const [result] = await send([{ action: "rename", path, new_name: name }]);
  if (!result?.ok) return result?.error ?? t("common.failed");
  const place = result.new_path?.replace(/^\//, "") ?? "";
  const undo = () =>
    void send([{ action: "rename", path: place, new_name: nameOf(path) }])
      .then((results) => tellResults(results, [place], () => t("files.renamed", { name: nameOf(path) })), tellProblem)
      .finally(changed);
  tell("success", t("files.renamed", { name }), { text: t("common.undo"), run: undo });
  changed();
  return null;
}

export async function move(paths: readonly string[], folder: string, changed: () => void): Promise<void> {
  const results = await send(paths.map((path) => ({ action: "move", path, new_path: folder })));
  const successes = results.filter(({ path, ok, new_path }) => ok && new_path && paths.includes(path));
  const undo = () => {
    const back = successes.map((one) => ({ from: (one.new_path ?? "").replace(/^\//, ""), to: one.path.split("/").slice(0, -1).join("/") }));
    void send(back.map(({ from, to }) => ({ action: "move", path: from, new_path: to })))
      .then((answers) => tellResults(answers, back.map(({ from }) => from), (n) => t("files.movedBack", { n })), tellProblem)
      .finally(changed);
  };
  tellResults(results, paths, (n) => t("files.moved", { n, folder: folder ? nameOf(folder) : t("files.title") }), undo);
  changed();
}

export async function remove(paths: readonly string[], hasFolders: boolean, changed: () => void): Promise<void> {
  const isSure = await confirm({
    title: paths.length === 1 ? t("files.deleteOne", { name: nameOf(paths[0] ?? "") }) : t("files.deleteTitle", { n: paths.length }),
    text: t(hasFolders ? "files.deleteFoldersText" : "files.deleteText"),
    yes: t("files.delete"),
    isDangerous: true,
  });
  if (!isSure) return;
  tellResults(await send(paths.map((path) => ({ action: "delete", path }))), paths, (n) => t("files.deleted", { n }));
  changed();
}

export async function makeFolder(path: string, name: string): Promise<string | null> {
  const [result] = await send([{ action: "directory", path: path || "/", new_dir: name }]);
  return result?.ok ? null : (result?.error ?? t("common.failed"));
}

export interface Zip {
  id: number;
  count: number;
}

// What is being put together.
export const zips = signal<readonly Zip[]>([]);
let last = 0;

// Asks for a ZIP, waits until it is whole, and lets the browser save it.
export async function saveZip(paths: readonly string[]): Promise<void> {
  const zip = { id: ++last, count: paths.length };
  zips.value = [...zips.value, zip];
  try {
    const { token, files } = await call(api.POST("/api/file/download", { body: [...paths] }));
    zips.value = zips.value.map((one) => (one.id === zip.id ? { ...one, count: files.length } : one));
    const place = address(`/api/file/download/${token}`);
    await whole(place);
    location.assign(place);
  } finally {
    zips.value = zips.value.filter((one) => one.id !== zip.id);
  }
}

const MOST_WAITS = 60;

// Each request waits some time, and is led to itself as long as the ZIP is not whole; browsers give up after twenty times.
async function whole(place: string): Promise<void> {
  for (let wait = 0; wait < MOST_WAITS; wait++) {
    const response = await fetch(place, { method: "HEAD" }).catch(() => null);
    if (response?.ok) return;
    if (response) throw new ApiError(response.status, "", t("files.zipFailed"));
  }
  throw new ApiError(0, "TIMEOUT", t("files.zipFailed"));
}
