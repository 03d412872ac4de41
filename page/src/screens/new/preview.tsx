// What an address brings, before it is added: one thing with its formats, or a list to choose from.
import { useEffect, useState } from "preact/hooks";
import { address, api, call } from "../../api/client";
import { clock, t } from "../../i18n";
import { Picture } from "../../parts/picture";
import { Loading, Problem } from "../../parts/states";
import type { Draft, NewItem } from "./draft";
import { Formats, type Format } from "./formats";
import { Picker, type Entry } from "./picker";

interface Found {
  _type?: string;
  title?: string;
  uploader?: string;
  channel?: string;
  duration?: number;
  thumbnail?: string;
  thumbnails?: { url?: string }[];
  is_archived?: boolean;
  is_live?: boolean;
  formats?: Format[];
  entries?: Entry[];
}

interface PreviewProps {
  url: string;
  draft: Draft;
  isBusy: boolean;
  onAdd: (items: NewItem[]) => void;
}

export function Preview({ url, draft, isBusy, onAdd }: PreviewProps) {
  const [info, setInfo] = useState<Found | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const look = () => {
    setInfo(null);
    setProblem(null);
    const query = { url, entries: "true", ...(draft.preset ? { preset: draft.preset } : {}), ...(draft.cli ? { args: draft.cli } : {}) };
    call(api.GET("/api/yt-dlp/url/info", { params: { query } })).then((answer) => setInfo(answer as Found), setProblem);
  };
  useEffect(look, [url]);
  return (
    <section class="card new-preview" aria-label={t("new.preview")}>
      {problem !== null && <Problem error={problem} onRetry={look} />}
      {problem === null && !info && <Loading />}
      {info && (info.entries ? <List found={info} url={url} draft={draft} isBusy={isBusy} onAdd={onAdd} /> : <One found={info} draft={draft} />)}
    </section>
  );
}

export function remotePicture(found: { thumbnail?: string; thumbnails?: { url?: string }[] }): string | null {
  const url = found.thumbnail ?? found.thumbnails?.at(-1)?.url;
  return url ? address("/api/thumbnail", { url }) : null;
}

function Head({ found, more }: { found: Found; more?: string }) {
  const facts = [found.channel ?? found.uploader, found.duration ? clock(found.duration) : null, more].filter(Boolean);
  return (
    <div class="new-found">
      <Picture src={remotePicture(found)} icon={found.entries ? "list" : "film"} duration={found.duration ?? null} />
      <div>
        <h2>{found.title ?? t("new.untitled")}</h2>
        <p class="soft new-found-facts">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
          {found.is_live && <span class="badge busy">{t("new.live")}</span>}
          {found.is_archived && <span class="badge warn">{t("new.archived")}</span>}
        </p>
      </div>
    </div>
  );
}

function One({ found, draft }: { found: Found; draft: Draft }) {
  return (
    <>
      <Head found={found} />
      <Formats formats={found.formats ?? []} chosen={draft.format} duration={found.duration ?? null} />
    </>
  );
}

function List({ found, url, draft, isBusy, onAdd }: PreviewProps & { found: Found }) {
  const entries = found.entries ?? [];
  return (
    <>
      <Head found={found} more={t("new.entries", { n: entries.length })} />
      <Picker entries={entries} url={url} draft={draft} isBusy={isBusy} onAdd={onAdd} />
    </>
  );
}
