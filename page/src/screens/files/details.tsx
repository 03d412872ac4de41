// Everything about one file: facts, streams, what lies beside it, its NFO.
import { useEffect, useState } from "preact/hooks";
import { api, call, pathOf } from "../../api/client";
import { type FileInfo, fileAddress, nameOf, pictureOf, type Probe, probeOf, saveAddress, secondsOf, type Stream } from "../../api/media";
import { clock, dateTime, number, size, t } from "../../i18n";
import { LinkButton } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Picture } from "../../parts/picture";
import { Loading, Problem } from "../../parts/states";
import { Tabs } from "../../parts/tabs";
import { iconOf, isPlayed } from "./entry-facts";
import type { Entry } from "./folder";
import { type Fact, readNfo } from "./nfo";

const TABS = ["facts", "beside", "nfo"] as const;
type Tab = (typeof TABS)[number];

export function Details({ path, entry, onClose }: { path: string; entry: Entry | undefined; onClose: () => void }) {
  const [info, setInfo] = useState<FileInfo | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [tab, setTab] = useState<Tab>("facts");
  const load = () => {
    setProblem(null);
    call(api.GET("/api/file/info/{path}", { params: { path: { path } } })).then(setInfo, setProblem);
  };
  useEffect(load, [path]);
  const nfo = path.endsWith(".nfo") ? path : info?.sidecar["text"]?.find(({ file }) => file?.endsWith(".nfo"))?.["file"];
  const tabs = TABS.filter((name) => name !== "nfo" || nfo);
  return (
    <Dialog kind="panel" title={nameOf(path)} onClose={onClose} footer={<Foot path={path} isPlayable={isPlayable(info, entry)} />}>
      {problem !== null && <Problem error={problem} onRetry={load} />}
      {problem === null && !info && <Loading />}
      {info && (
        <>
          <Head path={path} info={info} entry={entry} />
          <Tabs label={t("files.details")} tabs={tabs.map((name) => ({ name, text: t(`files.tab_${name}`) }))} chosen={tab} onChoose={setTab}>
            {tab === "facts" && <Facts info={info} entry={entry} path={path} />}
            {tab === "beside" && <Beside info={info} />}
            {tab === "nfo" && nfo && <Nfo path={nfo} />}
          </Tabs>
        </>
      )}
    </Dialog>
  );
}

function isPlayable(info: FileInfo | null, entry: Entry | undefined): boolean {
  return entry ? isPlayed(entry) : Boolean(info && (probeOf(info).is_video || probeOf(info).is_audio));
}

function Head({ path, info, entry }: { path: string; info: FileInfo; entry: Entry | undefined }) {
  const picture = entry?.content_type === "image" ? fileAddress(path) : pictureOf(info);
  if (!picture) return null;
  return (
    <div class="files-head-picture">
      <Picture src={picture} icon={entry ? iconOf(entry) : "file"} duration={secondsOf(info) || null} />
    </div>
  );
}

function Foot({ path, isPlayable }: { path: string; isPlayable: boolean }) {
  return (
    <>
      <LinkButton icon="download" href={saveAddress(path)} download="">
        {t("files.save")}
      </LinkButton>
      {isPlayable ? (
        <LinkButton kind="primary" icon="play" to={`/watch/${pathOf(path)}`}>
          {t("files.play")}
        </LinkButton>
      ) : (
        <LinkButton icon="link" href={fileAddress(path)} target="_blank" rel="noreferrer">
          {t("files.show")}
        </LinkButton>
      )}
    </>
  );
}

function Facts({ info, entry, path }: { info: FileInfo; entry: Entry | undefined; path: string }) {
  const probe = probeOf(info);
  const rate = Number(probe.format?.bit_rate ?? 0);
  const rows: [string, string][] = [
    [t("files.fact_place"), path],
    [t("files.fact_type"), info.mimetype],
    [t("files.fact_format"), probe.format?.format_long_name ?? ""],
    [t("files.fact_size"), entry ? size(entry.size) : probe.format?.size ? size(Number(probe.format.size)) : ""],
    [t("files.fact_duration"), secondsOf(info) ? clock(secondsOf(info)) : ""],
    [t("files.fact_rate"), rate ? t("files.kilobits", { n: Math.round(rate / 1000) }) : ""],
    [t("files.fact_changed"), entry ? dateTime(new Date(entry.mtime)) : ""],
  ];
  return (
    <>
      <dl class="files-facts-list">
        {rows.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ) : null,
        )}
      </dl>
      <Streams probe={probe} />
    </>
  );
}

function Streams({ probe }: { probe: Probe }) {
  const streams = probe.streams ?? [];
  if (!streams.length) return null;
  return (
    <>
      <h3 class="files-part">{t("files.streams")}</h3>
      <ul class="files-streams">
        {streams.map((stream, index) => (
          <li key={index}>
            <span class="badge">{stream.codec_type}</span>
            <bdi>{wordsOf(stream)}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}

function wordsOf(stream: Stream): string {
  const parts = [
    stream.codec_name,
    stream.profile && stream.profile !== "unknown" ? stream.profile : "",
    stream.width && stream.height ? `${number(stream.width)}×${number(stream.height)}` : "",
    stream.framerate && stream.codec_type === "video" ? t("files.frames", { n: stream.framerate }) : "",
    stream.channels ? t("files.channels", { n: stream.channels }) : "",
    stream.tags?.["language"] && stream.tags["language"] !== "und" ? stream.tags["language"] : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function Beside({ info }: { info: FileInfo }) {
  // `subtitles` repeats `subtitle`.
  const groups = Object.entries(info.sidecar).filter(([kind, files]) => kind !== "subtitles" && files.length);
  if (!groups.length) return <p class="soft">{t("files.nothingBeside")}</p>;
  return (
    <ul class="files-beside">
      {groups.flatMap(([, files]) =>
        files.map(({ file = "" }) => (
          <li key={file}>
            <Icon name="file" />
            <a href={fileAddress(file)} data-outside="" target="_blank" rel="noreferrer">
              <bdi>{nameOf(file)}</bdi>
            </a>
            <LinkButton kind="quiet" icon="download" label={t("files.saveNamed", { name: nameOf(file) })} href={saveAddress(file)} download="" />
          </li>
        )),
      )}
    </ul>
  );
}

function Nfo({ path }: { path: string }) {
  const [content, setContent] = useState<{ facts: Fact[]; text: string } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    readNfo(path).then(setContent, setProblem);
  }, [path]);
  if (problem) return <Problem error={problem} />;
  if (!content) return <Loading />;
  if (!content.facts.length) return <pre class="files-nfo">{content.text}</pre>;
  return (
    <dl class="files-facts-list">
      {content.facts.map(({ name, text }, index) => (
        <div key={index}>
          <dt dir="ltr">{name}</dt>
          <dd>
            <bdi>{text}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
