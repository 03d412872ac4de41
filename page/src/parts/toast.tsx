// Short messages at the edge. One with an undo waits, and what it announces is done only when its time is over.
import { signal } from "@preact/signals";
import { ApiError } from "../api/errors";
import { t } from "../i18n";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

type Kind = "info" | "success" | "warning" | "error";

interface Toast {
  id: number;
  kind: Kind;
  text: string;
  action: { text: string; run: () => void } | null;
  end: () => void;
}

const SHORT_MS = 4000;
const LONG_MS = 8000;
const MOST = 4;
const ICONS: Record<Kind, IconName> = { info: "info", success: "check", warning: "warning", error: "error" };
const toasts = signal<Toast[]>([]);
let last = 0;

function show(kind: Kind, text: string, action: Toast["action"], milliseconds: number, onEnd = () => {}): void {
  const id = ++last;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
    onEnd();
  };
  const timer = setTimeout(end, milliseconds);
  toasts.value = [...toasts.value.filter((toast) => toast.text !== text || toast.action), { id, kind, text, action, end }];
  const oldest = toasts.value.filter((toast) => !toast.action)[0];
  if (toasts.value.length > MOST) oldest?.end();
}

export function tell(kind: Kind, text: string, action: Toast["action"] = null): void {
  show(kind, text, action, kind === "error" || kind === "warning" || action ? LONG_MS : SHORT_MS);
}

// Tells what went wrong with something that the user asked for.
export function tellProblem(error: unknown): void {
  tell("error", problemText(error));
}

export function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.isUnreachable) return t("common.unreachable");
  if (error.status === 429) return t("common.busy");
  return error.message || t("common.failed");
}

const waiting = new Set<() => void>();

// Does `run` after a while in which the user may take it back; at once when the page is closed.
export function withUndo(text: string, run: () => void, undo: () => void): void {
  let isUndone = false;
  const finish = () => {
    waiting.delete(finish);
    if (!isUndone) run();
    isUndone = true;
  };
  waiting.add(finish);
  const back = () => {
    if (isUndone) return;
    isUndone = true;
    waiting.delete(finish);
    undo();
  };
  show("info", text, { text: t("common.undo"), run: back }, LONG_MS, finish);
}

addEventListener("pagehide", () => [...waiting].forEach((finish) => finish()));

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, text, action, end }) => (
        <div key={id} class={`toast ${kind}`}>
          <Icon name={ICONS[kind]} />
          <span class="toast-text">{text}</span>
          {action && (
            <Button
              kind="quiet"
              onClick={() => {
                action.run();
                end();
              }}
            >
              {action.text}
            </Button>
          )}
          <Button kind="quiet" icon="close" label={t("common.close")} onClick={end} />
        </div>
      ))}
    </div>
  );
}
