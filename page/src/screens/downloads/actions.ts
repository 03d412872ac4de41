// What can be done with items, each with its undo or its question, in one call for many.
import { address, api, call } from "../../api/client";
import { t } from "../../i18n";
import { isQueued, isRunning, type Item } from "../../live/items";
import { fileOf } from "../../live/item-facts";
import { lostItem } from "../../live/lists";
import { settings } from "../../live/state";
import { confirm } from "../../parts/dialog";
import type { IconName } from "../../parts/icon";
import { tell, tellProblem, withUndo } from "../../parts/toast";
import { may } from "../../session";
import type { Model } from "./model";

const MOST_IDS = 500;

export interface Action {
  name: string;
  icon: IconName;
  // Whether it makes sense for an item.
  fits: (item: Item) => boolean;
  isDangerous?: boolean;
  // Other than changing one's own items (docs/contract/accounts.md 2).
  permission?: string;
  // Offered for one item alone, or in the selection alone; else in both.
  only?: "one" | "many";
  run: (ids: string[], items: Item[], model: Model) => Promise<void> | void;
}

function parts(ids: readonly string[], size = MOST_IDS): string[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));
}

async function inTurn(all: readonly string[][], send: (ids: string[]) => Promise<unknown>): Promise<void> {
  for (const part of all) await send(part);
}

function sendInParts(ids: readonly string[], send: (ids: string[]) => Promise<unknown>): Promise<void> {
  return inTurn(parts(ids), send);
}

function move(ids: string[], position: "front" | "back"): Promise<unknown> {
  return call(api.POST("/api/history/position", { body: { ids, position } }));
}

async function retry(ids: string[]): Promise<void> {
  await sendInParts(ids, (part) => call(api.POST("/api/history/retry", { body: { ids: part } })));
  tell("info", t("downloads.retried", { n: ids.length }));
}

async function cancel(ids: string[]): Promise<void> {
  await sendInParts(ids, (part) => call(api.POST("/api/history/cancel", { body: { ids: part } })));
  tell("info", t("downloads.cancelled", { n: ids.length }), {
    text: t("common.undo"),
    run: () => void retry(ids).catch(tellProblem),
  });
}

function clear(ids: string[], model: Model): void {
  model.hide(ids, true);
  const remove = async () => {
    try {
      const body = (part: string[]) => ({ type: "done" as const, ids: part, remove_file: false });
      await sendInParts(ids, (part) => call(api.DELETE("/api/history", { body: body(part) })));
      ids.forEach(lostItem);
    } catch (error) {
      tellProblem(error);
    } finally {
      model.hide(ids, false);
    }
  };
  withUndo(t("downloads.cleared", { n: ids.length }), () => void remove(), () => model.hide(ids, false));
}

async function deleteFiles(ids: string[]): Promise<void> {
  const isSure = await confirm({
    title: t("downloads.deleteTitle", { n: ids.length }),
    text: t("downloads.deleteText"),
    yes: t("downloads.action_delete"),
    isDangerous: true,
  });
  if (!isSure) return;
  await sendInParts(ids, (part) => call(api.DELETE("/api/history", { body: { type: "done", ids: part, remove_file: true } })));
  ids.forEach(lostItem);
  tell("success", t("downloads.deleted", { n: ids.length }));
}

async function bundle(items: Item[]): Promise<void> {
  const files = items.flatMap((item) => fileOf(item) ?? []);
  const { token } = await call(api.POST("/api/file/download", { body: files }));
  location.assign(address(`/api/file/download/${token}`));
}

async function archive(items: Item[], isArchived: boolean): Promise<void> {
  for (const item of items) {
    const params = { params: { path: { id: item._id } } };
    await call(isArchived ? api.POST("/api/history/{id}/archive", params) : api.DELETE("/api/history/{id}/archive", params));
  }
  tell("success", t(isArchived ? "downloads.archived" : "downloads.unarchived", { n: items.length }));
}

const waits = (item: Item) => item.status === "pending";
const isDone = (item: Item) => !isQueued(item);

const ACTIONS: readonly Action[] = [
  {
    name: "start",
    icon: "play",
    permission: "items:start",
    fits: (item) => waits(item) && !item.auto_start,
    run: (ids) => sendInParts(ids, (part) => call(api.POST("/api/history/start", { body: { ids: part } }))),
  },
  {
    name: "hold",
    icon: "pause",
    fits: (item) => waits(item) && item.auto_start,
    run: (ids) => sendInParts(ids, (part) => call(api.POST("/api/history/pause", { body: { ids: part } }))),
  },
  { name: "retry", icon: "retry", fits: (item) => isDone(item) && item.status !== "finished", run: retry },
  {
    name: "force",
    icon: "forward",
    permission: "system:control",
    fits: waits,
    run: (ids) => sendInParts(ids, (part) => call(api.POST("/api/history/force-start", { body: { ids: part } }))),
  },
  {
    name: "front",
    icon: "top",
    permission: "system:control",
    fits: waits,
    // The last part first: all keep their order.
    run: (ids) => inTurn(parts(ids).reverse(), (part) => move(part, "front")),
  },
  {
    name: "back",
    icon: "bottom",
    fits: waits,
    permission: "system:control",
    run: (ids) => inTurn(parts(ids), (part) => move(part, "back")),
  },
  {
    name: "rename",
    icon: "edit",
    fits: (item) => isDone(item) && fileOf(item) !== null,
    permission: "files:write",
    only: "one",
    run: (ids, _items, model) => model.rename(ids[0] ?? null),
  },
  { name: "zip", icon: "zip", fits: (item) => fileOf(item) !== null, only: "many", run: (_ids, items) => bundle(items) },
  {
    name: "archive",
    icon: "archive",
    fits: (item) => isDone(item) && item.is_archivable === true && item.is_archived === false && item.archive_id !== null,
    run: (_ids, items) => archive(items, true),
  },
  {
    name: "unarchive",
    icon: "unarchive",
    fits: (item) => isDone(item) && item.is_archived === true,
    run: (_ids, items) => archive(items, false),
  },
  { name: "cancel", icon: "stop", fits: (item) => waits(item) || isRunning(item), run: cancel },
  { name: "clear", icon: "close", fits: isDone, run: (ids, _items, model) => clear(ids, model) },
  {
    name: "delete",
    icon: "trash",
    isDangerous: true,
    fits: (item) => settings.value["remove_files"] === true && isDone(item) && fileOf(item) !== null,
    run: deleteFiles,
  },
];

// What may be done with items; `known` holds those of which something is known, and all of them where `isWhole`.
export function actionsFor(items: readonly Item[], place: "one" | "many", isWhole = true): Action[] {
  return ACTIONS.filter(
    ({ only, permission = "items:write", fits }) =>
      (only === undefined || only === place) && may(permission) && (!isWhole || items.some(fits)),
  );
}

export async function act(action: Action, items: readonly Item[], model: Model): Promise<void> {
  const fitting = items.filter(action.fits);
  try {
    await action.run(fitting.map((item) => item._id), fitting, model);
  } catch (error) {
    tellProblem(error);
  }
}
