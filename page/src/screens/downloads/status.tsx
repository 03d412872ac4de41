// How it is with an item, in words: its state, its progress, what went wrong and what may help.
import { ago, hasText, language, percent, size, span, speed, t } from "../../i18n";
import { percentOf, type State, stateOf } from "../../live/item-facts";
import { isRunning, type Item } from "../../live/items";
import { ProgressBar } from "../../parts/states";

const TONES: Partial<Record<State, string>> = {
  finished: "good",
  failed: "bad",
  again: "warn",
  held: "warn",
  preparing: "busy",
  downloading: "busy",
  processing: "busy",
};

export function StateBadge({ item }: { item: Item }) {
  const state = stateOf(item);
  const hasWarnings = state === "finished" && item.warnings.length > 0;
  return <span class={`badge ${hasWarnings ? "warn" : (TONES[state] ?? "")}`}>{t(`downloads.state_${state}`)}</span>;
}

// t: downloads.failure_login
export function failureHead(item: Item): string {
  const kind = item.failure?.kind ?? "";
  const key = `downloads.failure_${kind}`;
  return kind && kind !== "other" && hasText(key) ? t(`downloads.failure_${kind}`) : (item.error ?? t("downloads.state_failed"));
}

// The service's own advice is more exact, but English.
export function advice(item: Item): string {
  const failure = item.failure;
  if (!failure) return "";
  if (language.value === "en" && failure.advice) return failure.advice;
  return hasText(`downloads.advice_${failure.kind}`) ? t(`downloads.advice_${failure.kind}`) : (failure.advice ?? "");
}

export function StatusLine({ item }: { item: Item }) {
  const state = stateOf(item);
  if (isRunning(item)) return <Progress item={item} />;
  switch (state) {
    case "failed":
      return (
        <div class="row-failure">
          <p class="row-failure-head">{failureHead(item)}</p>
          {advice(item) && <p class="soft">{advice(item)}</p>}
        </div>
      );
    case "again":
      return (
        <p class="soft">
          {failureHead(item)} {t("downloads.againAt", { when: ago(new Date((item.failure?.retry_at ?? 0) * 1000)) })}
        </p>
      );
    case "upcoming":
      return <p class="soft">{item.live_in ? t("downloads.beginsAt", { when: ago(new Date(item.live_in)) }) : item.msg}</p>;
    case "skipped":
    case "cancelled":
      return item.msg ? <p class="soft">{item.msg}</p> : null;
    case "finished":
      return item.warnings.length ? (
        <p class="row-warning">{t("downloads.warnings", { n: item.warnings.length })}</p>
      ) : null;
    default:
      return null;
  }
}

function Progress({ item }: { item: Item }) {
  const value = percentOf(item);
  const parts = [
    value === null ? null : percent(value),
    item.downloaded_bytes && value === null ? size(item.downloaded_bytes) : null,
    item.downloaded_bytes && item.total_bytes && value !== null
      ? t("downloads.ofBytes", { done: size(item.downloaded_bytes), all: size(item.total_bytes) })
      : null,
    item.speed_bps ? speed(item.speed_bps) : null,
    item.eta_seconds ? t("downloads.left", { time: span(item.eta_seconds) }) : null,
  ];
  return (
    <div class="row-progress">
      <ProgressBar value={item.status === "downloading" ? value : null} label={item.title} />
      <p class="soft row-numbers">
        {parts.filter(Boolean).map((part) => (
          <span key={part}>{part}</span>
        ))}
      </p>
    </div>
  );
}
