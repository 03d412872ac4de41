// Everything about one item: facts, its files, its lines of the log, and the record as the API has it.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { dateTime, number, size, t } from "../../i18n";
import { downloadAddress, durationOf, fileOf, isAudio, makerOf, pictureOf, relative, siteOf } from "../../live/item-facts";
import { type Item, itemOf } from "../../live/items";
import { clock } from "../../i18n";
import { Button, LinkButton } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Menu } from "../../parts/menu";
import { Picture } from "../../parts/picture";
import { Loading, Notice, Problem } from "../../parts/states";
import { Tabs } from "../../parts/tabs";
import { may } from "../../session";
import { act, actionsFor } from "./actions";
import { Log } from "./item-log";
import type { Model } from "./model";
import { actionItems, playerPath } from "./row";
import { advice, failureHead, StateBadge, StatusLine } from "./status";

type Whole = Item & { ffprobe?: unknown };
const SHOWN = 2;
const TABS = ["facts", "files", "log", "record"] as const;

export function Details({ id, model, onClose }: { id: string; model: Model; onClose: () => void }) {
  const [whole, setWhole] = useState<Whole | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [tab, setTab] = useState<(typeof TABS)[number]>("facts");
  const live = itemOf(id)?.value;
  const status = live?.status;
  useEffect(() => {
    setProblem(null);
    call(api.GET("/api/history/{id}", { params: { path: { id } } })).then(setWhole, setProblem);
  }, [id, status]);
  const item = live && whole ? { ...whole, ...live, cookies: whole.cookies, sidecar: whole.sidecar } : (whole ?? live);
  return (
    <Dialog kind="panel" title={item?.title ?? t("downloads.details")} onClose={onClose} footer={item && <Actions item={item} model={model} onClose={onClose} />}>
      {!item && problem === null && <Loading />}
      {!item && problem !== null && <Problem error={problem} />}
      {item && (
        <>
          <Head item={item} />
          <Tabs label={t("downloads.details")} tabs={TABS.filter((name) => name !== "log" || may("logs:read")).map((name) => ({ name, text: t(`downloads.tab_${name}`) }))} chosen={tab} onChoose={setTab}>
            {tab === "facts" && <Facts item={item} />}
            {tab === "files" && <Files item={item} />}
            {tab === "log" && <Log id={id} />}
            {tab === "record" && <Record item={item} />}
          </Tabs>
        </>
      )}
    </Dialog>
  );
}

function Head({ item }: { item: Item }) {
  const picture = pictureOf(item);
  return (
    <div class="details-head">
      {picture && <Picture src={picture} icon={isAudio(item) ? "music" : "film"} duration={durationOf(item)} />}
      <div class="details-state">
        <StateBadge item={item} />
        {item.status === "error" ? (
          <Notice kind="error">
            <p>
              <strong>{failureHead(item)}</strong>
            </p>
            {advice(item) && <p>{advice(item)}</p>}
            {item.error && item.error !== failureHead(item) && <p class="small details-error">{item.error}</p>}
          </Notice>
        ) : (
          <StatusLine item={item} />
        )}
        {item.warnings.length > 0 && (
          <Notice kind="warning">
            <ul>
              {item.warnings.map((warning) => (
                <li key={warning.step + warning.text}>
                  <strong>{warning.step}</strong>: {warning.text}
                </li>
              ))}
            </ul>
          </Notice>
        )}
      </div>
    </div>
  );
}

function Actions({ item, model, onClose }: { item: Item; model: Model; onClose: () => void }) {
  const file = fileOf(item);
  const player = playerPath(item);
  // The panel of an item that goes has nothing more to show.
  const closing = new Set(["clear", "delete", "retry"]);
  const actions = actionsFor([item], "one").map((action) => ({
    ...action,
    run: (...facts: Parameters<typeof action.run>) => {
      if (closing.has(action.name)) onClose();
      return action.run(...facts);
    },
  }));
  return (
    <>
      {actions.length > SHOWN && <Menu label={t("downloads.moreActions")} kind="plain" items={actionItems(actions.slice(SHOWN), item, model)} />}
      {actions.slice(0, SHOWN).map((action) => (
        <Button key={action.name} icon={action.icon} kind={action.isDangerous ? "danger" : "plain"} onClick={() => void act(action, [item], model)}>
          {t(`downloads.action_${action.name}`)}
        </Button>
      ))}
      {file && (
        <LinkButton icon="download" href={downloadAddress(file)} download="">
          {t("downloads.save")}
        </LinkButton>
      )}
      {player && (
        <LinkButton kind="primary" icon="play" to={player}>
          {t("downloads.play")}
        </LinkButton>
      )}
    </>
  );
}

function Facts({ item }: { item: Whole }) {
  const duration = durationOf(item);
  const streams = streamsOf(item);
  const rows: [string, string | null][] = [
    [t("downloads.fact_site"), siteOf(item)],
    [t("downloads.fact_channel"), makerOf(item) || null],
    [t("downloads.fact_duration"), duration === null ? null : clock(duration)],
    [t("downloads.fact_size"), item.file_size ? size(item.file_size) : null],
    [t("downloads.fact_streams"), streams || null],
    [t("downloads.fact_date"), dateTime(new Date(item.datetime))],
    [t("downloads.fact_preset"), item.preset],
    [t("downloads.fact_folder"), item.folder || "/"],
    [t("downloads.fact_template"), item.template || null],
    [t("downloads.fact_options"), item.cli || null],
    [t("downloads.fact_archive"), item.archive_id],
    [t("downloads.fact_note"), item.msg],
  ];
  return (
    <>
      <dl class="facts">
        <dt>{t("downloads.fact_page")}</dt>
        <dd>
          <a href={item.url} data-outside="" target="_blank" rel="noreferrer">
            {item.url}
          </a>
        </dd>
        {rows.map(([name, value]) =>
          value ? (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ) : null,
        )}
      </dl>
      {item.description && <p class="details-description">{item.description}</p>}
    </>
  );
}

interface Stream {
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  channels?: number;
  tags?: { language?: string };
}

// "h264 1920×1080, aac".
function streamsOf(item: Whole): string {
  const probe = item.ffprobe as { streams?: Stream[]; video?: Stream[]; audio?: Stream[]; subtitle?: Stream[] } | undefined;
  const streams = probe?.streams ?? [...(probe?.video ?? []), ...(probe?.audio ?? []), ...(probe?.subtitle ?? [])];
  return streams
    .map((stream) => {
      const picture = stream.width && stream.height ? ` ${number(stream.width)}×${number(stream.height)}` : "";
      const tongue = stream.tags?.language && stream.tags.language !== "und" ? ` (${stream.tags.language})` : "";
      return `${stream.codec_name ?? stream.codec_type ?? ""}${picture}${tongue}`;
    })
    .filter(Boolean)
    .join(", ");
}

function Files({ item }: { item: Item }) {
  const main = fileOf(item);
  const sidecars = Object.entries(item.sidecar).flatMap(([kind, files]) => files.map((file) => ({ kind, file: relative(file.file) })));
  const files = [...(main ? [{ kind: "media", file: main }] : []), ...sidecars];
  if (!files.length) return <p class="soft">{t("downloads.noFiles")}</p>;
  return (
    <ul class="details-files">
      {files.map(({ kind, file }) => (
        <li key={file}>
          <div>
            <p class="details-file">{file.split("/").at(-1)}</p>
            <p class="soft small">{kind}</p>
          </div>
          <LinkButton kind="quiet" icon="download" label={`${t("downloads.save")}: ${file}`} href={downloadAddress(file)} download="" />
        </li>
      ))}
    </ul>
  );
}

function Record({ item }: { item: Item }) {
  const text = JSON.stringify(item, null, 2);
  return (
    <>
      <CopyButton text={text} />
      <pre class="details-record" tabIndex={0}>
        {text}
      </pre>
    </>
  );
}
