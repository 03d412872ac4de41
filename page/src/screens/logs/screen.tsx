// The log as it grows, filtered by level, text and item.
import { useEffect, useState } from "preact/hooks";
import { hasText, language, t } from "../../i18n";
import { configuration, settings } from "../../live/state";
import { Button } from "../../parts/button";
import { SelectField, TextField } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { VirtualList } from "../../parts/list";
import { Empty, Loading, Notice, Problem } from "../../parts/states";
import { setQuery } from "../../router";
import type { ScreenProps } from "../screen";
import { Details } from "./details";
import { type Entry, type Query, timeOf, useLines } from "./entries";
import { RuntimeLevel } from "./runtime-level";

const LEVELS = ["", "info", "warning", "error", "critical"] as const;
const TYPING_MS = 300;
const ROW_PIXELS = 44;

export default function Logs({ query }: ScreenProps) {
  const filter: Query = { level: query.get("level") ?? "", search: query.get("search") ?? "", item_id: query.get("item") ?? "" };
  return (
    <>
      <header class="screen-head">
        <h1>{t("logs.title")}</h1>
        <RuntimeLevel />
      </header>
      {settings.value["file_logging"] === false ? (
        <Empty icon="log" title={t("logs.offTitle")} text={t("logs.offText", { setting: "YTP_FILE_LOGGING=true" })} />
      ) : configuration.value ? (
        <>
          <Filter value={filter} />
          <Lines key={JSON.stringify(filter)} query={filter} />
        </>
      ) : (
        <Loading />
      )}
    </>
  );
}

function Filter({ value }: { value: Query }) {
  const [text, setText] = useState(value.search);
  useEffect(() => {
    const timer = setTimeout(() => setQuery({ search: text.trim() || null }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="logs-filter" role="search">
      <SelectField
        label={t("logs.level")}
        name="level"
        value={value.level}
        onValue={(level) => setQuery({ level: level || null })}
        options={LEVELS.map((level) => ({ value: level, text: level ? t(`logs.from_${level}`) : t("logs.allLevels") }))}
      />
      <TextField label={t("logs.search")} name="search" type="search" value={text} onValue={setText} />
      {value.item_id && (
        <div class="logs-item">
          <span class="badge busy">
            {t("logs.onlyItem")} <bdi dir="ltr">{value.item_id}</bdi>
          </span>
          <Button kind="quiet" icon="close" label={t("logs.allItems")} onClick={() => setQuery({ item: null })} />
        </div>
      )}
    </div>
  );
}

function Lines({ query }: { query: Query }) {
  const [isHeld, setHeld] = useState(false);
  const [chosen, setChosen] = useState<Entry | null>(null);
  const lines = useLines(query, isHeld);
  const { entries } = lines;
  if (lines.problem !== null && !entries.length) return <Problem error={lines.problem} onRetry={lines.reload} />;
  return (
    <>
      <div class="logs-state">
        <span class={`badge ${lines.state === "lost" ? "warn" : isHeld ? "" : "good"}`}>
          {lines.state === "lost" ? t("logs.lost") : isHeld ? t("logs.held") : t("logs.live")}
        </span>
        <Button
          kind="quiet"
          icon={isHeld ? "play" : "pause"}
          onClick={() => {
            if (isHeld) lines.showWaiting();
            setHeld(!isHeld);
          }}
        >
          {isHeld ? t("logs.goOn") : t("logs.hold")}
        </Button>
        {lines.waiting > 0 && (
          <Button
            kind="primary"
            icon="top"
            class="logs-new"
            onClick={() => {
              scrollTo({ top: 0 });
              lines.showWaiting();
            }}
          >
            {t("logs.newLines", { n: lines.waiting })}
          </Button>
        )}
      </div>
      {lines.problem !== null && <Notice kind="error">{t("common.notLoaded")}</Notice>}
      {!entries.length && (lines.isLoading ? <Loading /> : <Empty icon="log" title={t("logs.none")} />)}
      {entries.length > 0 && (
        <div class="logs-list">
          <VirtualList
            label={t("logs.title")}
            count={entries.length}
            rowHeight={ROW_PIXELS}
            keyOf={(index) => entries[index]?.id ?? index}
            onView={(_, last) => {
              if (last >= entries.length - 1) lines.loadOlder();
            }}
            row={(index) => entries[index] && <Row entry={entries[index]} onOpen={setChosen} />}
          />
        </div>
      )}
      {chosen && <Details entry={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function Row({ entry, onOpen }: { entry: Entry; onOpen: (entry: Entry) => void }) {
  const level = entry.level.toLowerCase();
  return (
    <button type="button" class="logs-row" data-level={level} onClick={() => onOpen(entry)}>
      <span class="logs-time soft">{timeText(entry)}</span>
      <span class="logs-level">
        <LevelIcon level={level} />
        {levelText(level)}
      </span>
      <span class="logs-message" dir="auto">
        {entry.message || entry.line}
        {entry.exception && <span class="soft"> · {entry.exception.type}</span>}
      </span>
    </button>
  );
}

function LevelIcon({ level }: { level: string }) {
  if (level === "warning") return <Icon name="warning" size={16} />;
  return level === "error" || level === "critical" ? <Icon name="error" size={16} /> : null;
}

export function levelText(level: string): string {
  return hasText(`logs.level_${level}`) ? t(`logs.level_${level}`) : level;
}

// The time of day; with its date where it was another day.
function timeText(entry: Entry): string {
  const moment = new Date(timeOf(entry));
  const isToday = moment.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "medium" } : { dateStyle: "short", timeStyle: "medium" };
  return new Intl.DateTimeFormat(language.value, style as Intl.DateTimeFormatOptions).format(moment);
}
