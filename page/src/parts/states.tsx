// What stands in place of a list: nothing yet, nothing there, nothing to be had.
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";
import { problemText } from "./toast";

export function Empty({ icon, title, text, children }: { icon: IconName; title: string; text?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={32} />
      </span>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children && <div class="empty-actions">{children}</div>}
    </div>
  );
}

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div class="empty" role="alert">
      <span class="empty-icon bad">
        <Icon name="warning" size={32} />
      </span>
      <h2>{t("common.notLoaded")}</h2>
      <p>{problemText(error)}</p>
      {onRetry && (
        <div class="empty-actions">
          <Button icon="retry" onClick={onRetry}>
            {t("common.tryAgain")}
          </Button>
        </div>
      )}
    </div>
  );
}

export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="spinner" />
      <span class="visually-hidden">{t("common.loading")}</span>
    </div>
  );
}

export function Notice({ kind, children, action }: { kind: "info" | "warning" | "error" | "success"; children: ComponentChildren; action?: ComponentChildren }) {
  const icons = { info: "info", warning: "warning", error: "error", success: "check" } as const;
  return (
    <div class={`notice ${kind}`}>
      <Icon name={icons[kind]} />
      <div class="notice-text">{children}</div>
      {action}
    </div>
  );
}

export function ProgressBar({ value, label }: { value: number | null; label: string }) {
  const percent = value === null ? undefined : Math.min(100, Math.max(0, value));
  return (
    <div
      class={percent === undefined ? "progress unknown" : "progress"}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === undefined ? undefined : Math.round(percent)}
    >
      <div class="progress-bar" style={{ inlineSize: percent === undefined ? "40%" : `${percent}%` }} />
    </div>
  );
}
