// The queue and the history as one list that follows what happens.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { number, t } from "../../i18n";
import { isPaused } from "../../live/state";
import { api, call } from "../../api/client";
import { LinkButton } from "../../parts/button";
import { TextField } from "../../parts/field";
import { VirtualList } from "../../parts/list";
import { Menu, type MenuItem } from "../../parts/menu";
import { Empty, Loading, Problem } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { setQuery } from "../../router";
import { may } from "../../session";
import type { ScreenProps } from "../screen";
import { ChosenBar } from "./chosen-bar";
import { Details } from "./details";
import { type Filter, FILTERS, Model, type Section } from "./model";
import { Rename } from "./rename";
import { Row } from "./row";

const ROW_HEIGHT = 92;
const SEARCH_AFTER_MS = 300;

export default function Downloads({ query }: ScreenProps) {
  const filter = FILTERS.find((name) => name === query.get("show")) ?? "all";
  const search = query.get("search") ?? "";
  const order = query.get("order") === "ASC" ? "ASC" : "DESC";
  const model = useMemo(() => new Model(filter, search, order), [filter, search, order]);
  useEffect(() => () => model.release(), [model]);
  const opened = query.get("item");
  return (
    <>
      <header class="screen-head">
        <h1>{t("downloads.title")}</h1>
        <LinkButton class="downloads-add" kind="primary" icon="plus" to="/new">
          {t("downloads.add")}
        </LinkButton>
        <QueueMenu model={model} />
      </header>
      <Toolbar filter={filter} search={search} order={order} />
      <List model={model} isNarrowed={filter !== "all" || search !== ""} />
      {opened && <Details key={opened} id={opened} model={model} onClose={() => setQuery({ item: null, tab: null })} />}
      <Rename model={model} />
    </>
  );
}

function Toolbar({ filter, search, order }: { filter: Filter; search: string; order: "ASC" | "DESC" }) {
  const [text, setText] = useState(search);
  const timer = useRef(0);
  const change = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuery({ search: value.trim() }), SEARCH_AFTER_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div class="downloads-toolbar">
      <div class="chips" role="group" aria-label={t("downloads.filter")}>
        {FILTERS.map((name) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={name === filter}
            onClick={() => setQuery({ show: name === "all" ? null : name })}
          >
            {t(`downloads.filter_${name}`)}
          </button>
        ))}
      </div>
      <div class="downloads-find">
        <TextField
          label={t("downloads.search")}
          isLabelHidden
          type="search"
          placeholder={t("downloads.search")}
          value={text}
          onValue={change}
        />
        <Menu
          label={t("downloads.sort")}
          icon="sort"
          items={[
            { text: t("downloads.newestFirst"), isChecked: order === "DESC", run: () => setQuery({ order: null }) },
            { text: t("downloads.oldestFirst"), isChecked: order === "ASC", run: () => setQuery({ order: "ASC" }) },
          ]}
        />
      </div>
    </div>
  );
}

function List({ model, isNarrowed }: { model: Model; isNarrowed: boolean }) {
  const length = model.length.value;
  const onView = useCallback((first: number, last: number) => model.look(first, last), [model]);
  const version = model.version.value;
  if (length === null) return model.problem ? <Problem error={model.problem} onRetry={() => model.reload()} /> : <Loading />;
  if (length === 0) return <Nothing isNarrowed={isNarrowed} />;
  return (
    <>
      <VirtualList
        label={t("downloads.title")}
        count={length}
        rowHeight={ROW_HEIGHT}
        version={version}
        onView={onView}
        keyOf={(index) => lineKey(model, index)}
        row={(index) => <Line model={model} index={index} />}
        onKeyDown={(event) => {
          if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void model.chooseAll().catch(tellProblem);
          }
          if (event.key === "Escape") model.chooseNone();
        }}
      />
      <ChosenBar model={model} />
    </>
  );
}

function lineKey(model: Model, index: number): string | number {
  const line = model.line(index);
  if (line?.kind === "heading") return line.section.name;
  return model.idAt(index) ?? index;
}

function Line({ model, index }: { model: Model; index: number }) {
  const line = model.line(index);
  if (!line) return null;
  if (line.kind === "heading") return <Heading section={line.section} />;
  return <Row model={model} index={index} id={line.list.at(line.index)} />;
}

function Heading({ section }: { section: Section }) {
  return (
    <h2 class="downloads-heading">
      {t(`downloads.section_${section.name}`)} <span class="soft">{number(section.list.total.value ?? 0)}</span>
    </h2>
  );
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  if (isNarrowed) return <Empty icon="search" title={t("downloads.noneFound")} text={t("downloads.noneFoundText")} />;
  return (
    <Empty icon="download" title={t("downloads.none")} text={t("downloads.noneText")}>
      <LinkButton kind="primary" icon="plus" to="/new">
        {t("downloads.add")}
      </LinkButton>
    </Empty>
  );
}

function QueueMenu({ model }: { model: Model }) {
  const send = (work: Promise<unknown>) => void work.catch(tellProblem);
  const clearAll = async (status: string) => {
    const body = { type: "done" as const, status, remove_file: false };
    const { deleted } = await call(api.DELETE("/api/history", { body }));
    tell("success", t("downloads.cleared", { n: deleted }));
    model.reload();
  };
  const pauseOrResume: MenuItem = isPaused.value
    ? { text: t("common.resume"), icon: "play", run: () => send(call(api.POST("/api/system/resume"))) }
    : { text: t("downloads.pauseQueue"), icon: "pause", run: () => send(call(api.POST("/api/system/pause"))) };
  return (
    <Menu
      label={t("downloads.forAll")}
      items={[
        ...(may("system:control") ? [pauseOrResume] : []),
        {
          text: t("downloads.retryFailed"),
          icon: "retry",
          run: () => send(call(api.POST("/api/history/retry", { body: { status: "error" } }))),
        },
        null,
        { text: t("downloads.chooseAll"), icon: "check", run: () => send(model.chooseAll()) },
        { text: t("downloads.clearFinished"), icon: "close", run: () => send(clearAll("finished")) },
        { text: t("downloads.clearOthers"), icon: "close", run: () => send(clearAll("skip,cancelled")) },
      ]}
    />
  );
}

