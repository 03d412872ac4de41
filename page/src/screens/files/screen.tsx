// The files below the download root.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/errors";
import { number, t } from "../../i18n";
import { onEvent } from "../../live/socket";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { TextField } from "../../parts/field";
import { VirtualList } from "../../parts/list";
import { Menu } from "../../parts/menu";
import { Empty, Loading, Problem } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { setQuery } from "../../router";
import { read, write } from "../../stored";
import type { ScreenProps } from "../screen";
import { obstacle } from "./actions";
import { ChosenBar, Zips } from "./chosen-bar";
import { Crumbs } from "./crumbs";
import { Details } from "./details";
import { type Entry, Folder, placeOf, type Sort, SORTS } from "./folder";
import { useKeys } from "./keys";
import { MoveDialog } from "./move-dialog";
import { NewFolder } from "./new-folder";
import { Row } from "./row";

const SEARCH_AFTER_MS = 300;
const RELOAD_AFTER_MS = 1000;
const ROW_HEIGHT = 66;
const CARD_HEIGHT = 210;
const CARD_WIDTH = 190;
// After these a folder may hold something else.
const EVENTS = new Set(["item_moved", "item_deleted", "item_bulk_deleted", "item_updated"]);

export default function Files({ rest, query }: ScreenProps) {
  const path = rest.replace(/\/+$/, "");
  const sort: Sort = SORTS.find((name) => name === query.get("sort")) ?? "name";
  const order = query.get("order") === "desc" ? "desc" : "asc";
  const search = query.get("search") ?? "";
  const folder = useMemo(() => new Folder({ path, sort, order, search }), [path, sort, order, search]);
  const [isGrid, setGrid] = useState(read("files") === "grid");
  const [movePaths, setMovePaths] = useState<readonly string[] | null>(null);
  const [isMaking, setMaking] = useState(false);
  const file = query.get("file");
  useReload(folder);
  useKeys(folder);
  const chooseView = () => {
    write("files", isGrid ? null : "grid");
    setGrid(!isGrid);
  };
  const name = path.split("/").at(-1);
  return (
    <>
      <header class="screen-head">
        <h1>
          <bdi>{name || t("files.title")}</bdi>
        </h1>
        <Button icon="folderNew" onClick={() => (obstacle() ? tell("warning", obstacle()) : setMaking(true))}>
          {t("files.newFolder")}
        </Button>
      </header>
      <Crumbs folder={folder} />
      <Toolbar key={path} folder={folder} isGrid={isGrid} onView={chooseView} />
      <Contents folder={folder} isGrid={isGrid} onMove={setMovePaths} />
      <ChosenBar folder={folder} onMove={setMovePaths} />
      <Zips />
      {movePaths && <MoveDialog folder={folder} paths={movePaths} onClose={() => setMovePaths(null)} />}
      {isMaking && (
        <Dialog title={t("files.newFolder")} onClose={() => setMaking(false)}>
          <NewFolder
            path={path}
            onDone={(isCreated) => {
              setMaking(false);
              if (isCreated) void folder.reload();
            }}
          />
        </Dialog>
      )}
      {file && <Details path={path ? `${path}/${file}` : file} entry={entryNamed(folder, file)} onClose={() => setQuery({ file: null })} />}
    </>
  );
}

function entryNamed(folder: Folder, name: string): Entry | undefined {
  for (let index = 0; index < (folder.total.value ?? 0); index++) if (folder.at(index)?.name === name) return folder.at(index);
  return undefined;
}

function useReload(folder: Folder): void {
  useEffect(() => {
    folder.look(0, 0);
    let timer = 0;
    const stop = onEvent(({ event }) => {
      if (!EVENTS.has(event) || timer) return;
      timer = setTimeout(() => {
        timer = 0;
        void folder.reload();
      }, RELOAD_AFTER_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [folder]);
}

function Toolbar({ folder, isGrid, onView }: { folder: Folder; isGrid: boolean; onView: () => void }) {
  const { sort, order, search } = folder.view;
  const [text, setText] = useState(search);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const total = folder.total.value;
  return (
    <div class="files-toolbar">
      <TextField
        label={t("files.search")}
        isLabelHidden
        type="search"
        placeholder={t("files.search")}
        value={text}
        onValue={(value) => {
          setText(value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setQuery({ search: value.trim() }), SEARCH_AFTER_MS);
        }}
      />
      <span class="files-total soft" role="status">
        {total === null ? "" : t("files.count", { n: total })}
      </span>
      <Button
        kind="quiet"
        icon={isGrid ? "list" : "grid"}
        label={t(isGrid ? "files.asList" : "files.asGrid")}
        onClick={onView}
      />
      <Menu
        label={t("files.sort")}
        icon="sort"
        items={[
          ...SORTS.map((name) => ({
            text: t(`files.sort_${name}`),
            isChecked: name === sort,
            run: () => setQuery({ sort: name === "name" ? null : name }),
          })),
          null,
          { text: t("files.ascending"), isChecked: order === "asc", run: () => setQuery({ order: null }) },
          { text: t("files.descending"), isChecked: order === "desc", run: () => setQuery({ order: "desc" }) },
        ]}
      />
      <Button kind="quiet" icon="check" label={t("files.chooseAll")} onClick={() => void folder.chooseAll().catch(tellProblem)} />
    </div>
  );
}

function Contents({ folder, isGrid, onMove }: { folder: Folder; isGrid: boolean; onMove: (paths: readonly string[]) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const columns = useColumns(box, isGrid);
  const total = folder.total.value;
  const version = folder.version.value;
  const onView = useCallback((first: number, last: number) => folder.look(first * columns, (last + 1) * columns - 1), [folder, columns]);
  if (folder.problem.value && total === null) return <Refused folder={folder} />;
  return (
    <div ref={box}>
      {total === null && <Loading />}
      {total === 0 && <Nothing isSearch={folder.view.search !== ""} />}
      {total !== null && total > 0 && (
        <VirtualList
          key={columns}
          label={t("files.contents", { n: number(total) })}
          count={Math.ceil(total / columns)}
          rowHeight={isGrid ? CARD_HEIGHT : ROW_HEIGHT}
          version={version}
          onView={onView}
          keyOf={(index) => keyOf(folder, index * columns)}
          row={(index) =>
            isGrid ? (
              <div class="files-cards" style={{ "--columns": columns }}>
                {Array.from({ length: Math.min(columns, total - index * columns) }, (_, offset) => (
                  <Row key={keyOf(folder, index * columns + offset)} index={index * columns + offset} isCard folder={folder} onMove={onMove} />
                ))}
              </div>
            ) : (
              <Row index={index} isCard={false} folder={folder} onMove={onMove} />
            )
          }
        />
      )}
    </div>
  );
}

function keyOf(folder: Folder, index: number): string | number {
  const entry = folder.at(index);
  return entry ? placeOf(entry) : index;
}

function useColumns(box: { current: HTMLElement | null }, isGrid: boolean): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  if (!isGrid) return 1;
  return Math.max(2, Math.floor((width || innerWidth) / CARD_WIDTH));
}

function Refused({ folder }: { folder: Folder }) {
  const problem = folder.problem.value;
  if (problem instanceof ApiError && problem.message === "File browser is disabled.") {
    return <Empty icon="folder" title={t("files.noBrowser")} text={t("files.noBrowserText", { setting: "YTP_BROWSER_ENABLED" })} />;
  }
  return <Problem error={problem} onRetry={() => void folder.reload()} />;
}

function Nothing({ isSearch }: { isSearch: boolean }) {
  if (isSearch) return <Empty icon="search" title={t("files.noneFound")} text={t("files.noneFoundText")} />;
  return <Empty icon="folder" title={t("files.none")} text={t("files.noneText")} />;
}
