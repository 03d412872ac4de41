// When a task runs by itself: common choices, or the cron text; the next runs come from the service.
import { useEffect, useState } from "preact/hooks";
import { ago, dateTime, t } from "../../i18n";
import { CheckField, SelectField, TextField } from "../../parts/field";
import { previewTimer, type Timer } from "./api";
import { type Choice, dayName, type Kind, KINDS, readTimer, STEPS, writeTimer } from "./words";

const ASK_AFTER_MS = 250;

interface ScheduleProps {
  timer: string;
  onTimer: (timer: string) => void;
  error?: string | undefined;
}

export function Schedule({ timer, onTimer, error }: ScheduleProps) {
  const choice = readTimer(timer);
  // A cron text stays one while it is typed, also when it happens to be one of the choices.
  const [isOwn, setOwn] = useState(choice.kind === "own");
  const kind: Kind = isOwn ? "own" : choice.kind;
  const runs = useRuns(timer);
  const edit = (changes: Partial<Choice>) => onTimer(writeTimer({ ...choice, ...changes }));
  const choose = (next: Kind) => {
    setOwn(next === "own");
    if (next === "own") onTimer(timer || "0 6 * * *");
    else edit({ kind: next });
  };
  return (
    <fieldset class="schedule">
      <legend class="visually-hidden">{t("tasks.schedule")}</legend>
      <div class="editor-columns">
        <SelectField
          label={t("tasks.schedule")}
          value={kind}
          onValue={(value) => choose(value as Kind)}
          options={KINDS.map((name) => ({ value: name, text: t(`tasks.kind_${name}`) }))}
        />
        {kind === "own" ? (
          <TextField
            label={t("tasks.cron")}
            hint={t("tasks.cronHint")}
            error={error ?? runs?.error}
            class="code"
            dir="ltr"
            maxLength={255}
            value={timer}
            onValue={onTimer}
          />
        ) : (
          <Details kind={kind} choice={choice} edit={edit} />
        )}
      </div>
      {kind === "weekly" && <Days chosen={choice.days} onDays={(days) => edit({ days })} />}
      {kind !== "own" && kind !== "never" && (
        <p class="hint">
          {t("tasks.cron")}: <code dir="ltr">{timer}</code>
        </p>
      )}
      {kind === "never" && <p class="hint">{t("tasks.neverHint")}</p>}
      <Runs runs={runs} />
    </fieldset>
  );
}

function Details({ kind, choice, edit }: { kind: Kind; choice: Choice; edit: (changes: Partial<Choice>) => void }) {
  const { minute, hour, every, day } = choice;
  const time = [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
  const number = (value: string, low: number, high: number) => Math.min(high, Math.max(low, Math.trunc(Number(value)) || low));
  return (
    <>
      {kind === "hours" && (
        <SelectField
          label={t("tasks.every")}
          value={String(every)}
          onValue={(value) => edit({ every: Number(value) })}
          options={STEPS.map((step) => ({ value: String(step), text: t("tasks.everyHours", { n: step }) }))}
        />
      )}
      {kind === "monthly" && (
        <TextField
          label={t("tasks.dayOfMonth")}
          type="number"
          min={1}
          max={31}
          value={String(day)}
          onValue={(value) => edit({ day: number(value, 1, 31) })}
        />
      )}
      {(kind === "hourly" || kind === "hours") && (
        <TextField
          label={t("tasks.minute")}
          type="number"
          min={0}
          max={59}
          value={String(minute)}
          onValue={(value) => edit({ minute: number(value, 0, 59) })}
        />
      )}
      {(kind === "daily" || kind === "weekly" || kind === "monthly") && (
        <TextField
          label={t("tasks.time")}
          type="time"
          value={time}
          onValue={(value) => {
            const [hours, minutes] = value.split(":").map(Number);
            if (hours !== undefined && minutes !== undefined) edit({ hour: hours, minute: minutes });
          }}
        />
      )}
    </>
  );
}

function Days({ chosen, onDays }: { chosen: readonly number[]; onDays: (days: number[]) => void }) {
  const toggle = (index: number, isOn: boolean) => {
    const days = isOn ? [...chosen, index] : chosen.filter((day) => day !== index);
    if (days.length) onDays(days);
  };
  return (
    <fieldset>
      <legend>{t("tasks.days")}</legend>
      <div class="checks">
        {[1, 2, 3, 4, 5, 6, 0].map((index) => (
          <CheckField
            key={`${index}${chosen.includes(index)}`}
            label={dayName(index, "long")}
            isChecked={chosen.includes(index)}
            onValue={(isOn) => toggle(index, isOn)}
          />
        ))}
      </div>
    </fieldset>
  );
}

function useRuns(timer: string): Timer | null {
  const [runs, setRuns] = useState<Timer | null>(null);
  useEffect(() => {
    let isOld = false;
    const wait = setTimeout(() => {
      previewTimer(timer).then(
        (answer) => !isOld && setRuns(answer),
        () => !isOld && setRuns(null), // a save will tell
      );
    }, ASK_AFTER_MS);
    return () => {
      isOld = true;
      clearTimeout(wait);
    };
  }, [timer]);
  return runs;
}

function Runs({ runs }: { runs: Timer | null }) {
  if (!runs?.runs.length) return null;
  const isOtherZone = runs.zone !== Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div class="schedule-runs" aria-live="polite">
      <p class="editor-label">{t("tasks.nextRuns")}</p>
      <ol>
        {runs.runs.map((run) => (
          <li key={run}>
            <time dateTime={run}>{dateTime(new Date(run))}</time> <span class="soft">{ago(new Date(run))}</span>
          </li>
        ))}
      </ol>
      {isOtherZone && <p class="hint">{t("tasks.zone", { zone: runs.zone })}</p>}
    </div>
  );
}
