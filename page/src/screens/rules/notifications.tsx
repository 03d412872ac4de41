// Who hears of what, and how the last delivery to each ended.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ago, dateTime, hasText, t } from "../../i18n";
import { Button } from "../../parts/button";
import { presetName } from "../../parts/preset-field";
import { Record } from "../../parts/record";
import { tell, tellProblem } from "../../parts/toast";
import { may } from "../../session";
import { NOTIFICATIONS, sendTest, type Target, WRITES } from "./kinds";
import { KindList, KindMenu } from "./list";

// No event tells of outcomes: after a test they are looked for a few times.
const LOOK_AFTER_MS = [1000, 3000, 8000];
const tests = signal(0);

function TestButton() {
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await sendTest();
      tests.value += 1;
      tell("success", t("rules.testSent"));
    } catch (error) {
      tellProblem(error);
    }
    setBusy(false);
  };
  return (
    <Button icon="bell" isBusy={isBusy} onClick={() => void send()}>
      {t("rules.test")}
    </Button>
  );
}

export function Notifications() {
  return (
    <KindList kind={NOTIFICATIONS as never} icon="bell">
      {(all: Target[], reload) => <Targets all={all} reload={reload} />}
    </KindList>
  );
}

function Targets({ all, reload }: { all: Target[]; reload: () => void }) {
  const count = tests.value;
  useEffect(() => {
    if (!count) return;
    const timers = LOOK_AFTER_MS.map((wait) => setTimeout(reload, wait));
    return () => timers.forEach(clearTimeout);
  }, [count]);
  return (
    <>
      <div class="rules-tools">
        <TestButton />
      </div>
      <ul class="records" aria-label={t("rules.tab_notifications")}>
        {all.map((target) => (
          <Row key={target.id} target={target} onChange={reload} />
        ))}
      </ul>
    </>
  );
}

function Row({ target, onChange }: { target: Target; onChange: () => void }) {
  const { id, name, enabled, on, presets, request } = target;
  return (
    <Record
      name={name}
      to={`/rules/notifications/${id}`}
      toggle={{
        label: t("rules.enable", { name }),
        isOn: enabled,
        isDisabled: !may(WRITES.notifications),
        onValue: (isOn) => void NOTIFICATIONS.change(id, { enabled: isOn }).then(onChange, tellProblem),
      }}
      actions={<KindMenu kind={NOTIFICATIONS as never} row={target} />}
    >
      <div class="record-line">
        <span class="record-clip" dir="ltr">
          {request.url}
        </span>
      </div>
      <div class="record-line">
        <span>{on.length ? on.map(eventName).join(", ") : t("rules.allEvents")}</span>
        {presets.length > 0 && <span>{t("rules.onlyPresets", { names: presets.map(presetName).join(", ") })}</span>}
      </div>
      <Outcome target={target} />
    </Record>
  );
}

// "item_completed" reads as its text; one that a later service has, as it is.
export function eventName(event: string): string {
  return hasText(`rules.event_${event}`) ? t(`rules.event_${event}`) : event;
}

function Outcome({ target: { last_delivery: last } }: { target: Target }) {
  if (!last) return <div class="record-line">{t("rules.neverSent")}</div>;
  const moment = new Date(last.at);
  return (
    <div class="record-line">
      <span class={last.ok ? "badge good" : "badge bad"}>
        {last.ok ? t("rules.delivered") : t("rules.undelivered")}
        {last.status_code !== null && ` · ${last.status_code}`}
      </span>
      <time dateTime={last.at} title={dateTime(moment)}>
        {ago(moment)}
      </time>
      {last.error && <span class="record-bad">{last.error}</span>}
    </div>
  );
}
