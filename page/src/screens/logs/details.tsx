// One line of the log with all that it carries: where it was written, its values, what was raised.
import type { ComponentChildren } from "preact";
import { dateTime, t } from "../../i18n";
import { Button } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { setQuery } from "../../router";
import { type Entry, timeOf } from "./entries";
import { levelText } from "./screen";

const STANDING_BESIDE = new Set(["item_id", "request_id"]);

export function Details({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { exception, source } = entry;
  return (
    <Dialog
      kind="panel"
      title={t("logs.line")}
      onClose={onClose}
      footer={
        <>
          {entry.item_id && (
            <Button
              icon="filter"
              onClick={() => {
                onClose();
                setQuery({ item: entry.item_id ?? null }, { push: true });
              }}
            >
              {t("logs.linesOfItem")}
            </Button>
          )}
          <CopyButton text={() => JSON.stringify(entry, null, 2)} />
        </>
      }
    >
      <p class="logs-whole" dir="auto" data-level={entry.level.toLowerCase()}>
        {entry.message || entry.line}
      </p>
      <dl class="logs-facts">
        <Fact name={t("logs.time")}>{`${dateTime(new Date(timeOf(entry)))} (${entry.datetime ?? ""})`}</Fact>
        <Fact name={t("logs.level")}>{levelText(entry.level.toLowerCase())}</Fact>
        <Fact name={t("logs.logger")}>{entry.logger}</Fact>
        <Fact name={t("logs.source")}>{source && `${source.path}:${source.line} ${source.function}`}</Fact>
        <Fact name={t("logs.item")}>{entry.item_id}</Fact>
        <Fact name={t("logs.request")}>{entry.request_id}</Fact>
        {Object.entries(entry.fields)
          .filter(([name]) => !STANDING_BESIDE.has(name))
          .map(([name, value]) => (
            <Fact key={name} name={name}>
              {typeof value === "string" ? value : JSON.stringify(value)}
            </Fact>
          ))}
      </dl>
      {exception && (
        <section class="logs-exception">
          <h3>
            {exception.type}: {exception.message}
          </h3>
          <ol dir="ltr">
            {exception.stack.map((frame, index) => (
              <li key={index}>
                <code>
                  {frame.path}:{frame.line}
                </code>{" "}
                {frame.function}
              </li>
            ))}
          </ol>
        </section>
      )}
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === null || children === undefined || children === "") return null;
  return (
    <>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </>
  );
}
