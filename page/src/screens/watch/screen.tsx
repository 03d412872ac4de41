// A film, or something to hear, with what lies beside it.
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { api, call, pathOf } from "../../api/client";
import { type FileInfo, folderOf, nameOf, probeOf, saveAddress, titleOf } from "../../api/media";
import { size, t } from "../../i18n";
import { LinkButton } from "../../parts/button";
import { CheckField } from "../../parts/field";
import { VirtualList } from "../../parts/list";
import { Empty, Loading, Problem } from "../../parts/states";
import { navigate } from "../../router";
import type { ScreenProps } from "../screen";
import { type Chapter, chaptersOf } from "./chapters";
import { type Neighbour, useNeighbours } from "./folder";
import { NeighbourRow } from "./neighbour-row";
import { Player } from "./player";
import { choices } from "./positions";
import { type Subtitle, subtitlesOf } from "./subtitles";

const ROW_HEIGHT = 48;

export default function Watch({ rest }: ScreenProps) {
  if (rest) return <Film path={rest} />;
  return (
    <>
      <header class="screen-head">
        <h1>{t("watch.title")}</h1>
      </header>
      <Empty icon="film" title={t("watch.nothing")} text={t("watch.nothingText")}>
        <LinkButton kind="primary" icon="folder" to="/browser">
          {t("watch.toFiles")}
        </LinkButton>
      </Empty>
    </>
  );
}

interface Loaded {
  path: string;
  info: FileInfo;
  subtitles: Subtitle[];
  chapters: Chapter[];
}

async function load(path: string): Promise<Loaded> {
  const params = { params: { path: { path } } };
  // Without its subtitles a film can be seen all the same.
  const [info, subtitles] = await Promise.all([call(api.GET("/api/file/info/{path}", params)), subtitlesOf(path).catch(() => [])]);
  return { path, info, subtitles, chapters: await chaptersOf(info) };
}

function Film({ path }: { path: string }) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isOld = false;
    setProblem(null);
    load(path).then(
      (answer) => !isOld && setLoaded(answer),
      (error: unknown) => !isOld && setProblem(error),
    );
    return () => {
      isOld = true;
    };
  }, [path, attempt]);
  const here = loaded?.path === path ? loaded : null;
  const title = here ? titleOf(here.info) : nameOf(path);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const neighbours = useNeighbours(path);
  const place = neighbours.findIndex((neighbour) => neighbour.path === path);
  const next = place >= 0 ? neighbours[place + 1] : undefined;
  const onNext = useCallback(() => void (next && navigate(`/watch/${pathOf(next.path)}`)), [next]);
  return (
    <div class={neighbours.length > 1 ? "watch with-folder" : "watch"}>
      <div class="watch-stage">
        {problem !== null && <Problem error={problem} onRetry={() => setAttempt((n) => n + 1)} />}
        {problem === null && !here && (
          <div class="watch-player">
            <Loading />
          </div>
        )}
        {here && (
          <Player
            key={path}
            path={path}
            info={here.info}
            subtitles={here.subtitles}
            chapters={here.chapters}
            onNext={next ? onNext : null}
          />
        )}
      </div>
      <div class="watch-about">
        <header class="screen-head">
          <h1>{title}</h1>
          <LinkButton icon="folder" to={`/browser/${pathOf(folderOf(path))}`}>
            {t("watch.showFolder")}
          </LinkButton>
          <LinkButton icon="download" href={saveAddress(path)} download="">
            {t("watch.save")}
          </LinkButton>
        </header>
        {here && <Facts info={here.info} />}
      </div>
      {neighbours.length > 1 && <Folder neighbours={neighbours} place={place} />}
    </div>
  );
}

function Facts({ info }: { info: FileInfo }) {
  const probe = probeOf(info);
  const [picture, sound] = [probe.video?.[0], probe.audio?.[0]];
  const bytes = Number(probe.format?.size ?? 0);
  const facts = [
    picture?.height && `${picture.width}×${picture.height}`,
    picture?.codec_name?.toUpperCase(),
    sound?.codec_name?.toUpperCase(),
    bytes && size(bytes),
  ];
  return (
    <p class="watch-facts soft">
      {facts.filter(Boolean).map((fact) => (
        <bdi key={fact}>{fact}</bdi>
      ))}
    </p>
  );
}

function Folder({ neighbours, place }: { neighbours: Neighbour[]; place: number }) {
  const [playsNext, setPlaysNext] = useState(choices.playsNext);
  const row = useMemo(() => (index: number) => <NeighbourRow neighbour={neighbours[index]} isHere={index === place} />, [neighbours, place]);
  return (
    <section class="watch-folder" aria-label={t("watch.folder")}>
      <h2>{t("watch.folder")}</h2>
      <CheckField
        label={t("watch.playsNext")}
        isChecked={playsNext}
        onValue={(isOn) => {
          setPlaysNext(isOn);
          choices.keepPlaysNext(isOn);
        }}
      />
      <VirtualList label={t("watch.folder")} isBoxed count={neighbours.length} rowHeight={ROW_HEIGHT} row={row} />
    </section>
  );
}
