// All sources: when they run, how the last run ended, and what can be done with each.
import { useState } from "preact/hooks";
import { ago, dateTime, t } from "../../i18n";
import { isHidden, removeLater, useLoaded } from "../../live/resource";
import { Button, LinkButton } from "../../parts/button";
import { Menu, type MenuItem } from "../../parts/menu";
import { presetName } from "../../parts/preset-field";
import { Record } from "../../parts/record";
import { Empty, Loading, Problem } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { href, navigate } from "../../router";
import { may } from "../../session";
import { type ChannelFiles, changeTask, download, listTasks, markTask, removeTask, type Task, unmarkTask, writeMetadata } from "./api";
import { Inspection } from "./inspection";
import { Metadata } from "./metadata";
import { timerText } from "./words";

export function TaskList() {
  const tasks = useLoaded(listTasks, "tasks");
  const [inspected, setInspected] = useState<Task | null>(null);
  const [written, setWritten] = useState<ChannelFiles | null>(null);
  if (tasks.problem && !tasks.value) return <Problem error={tasks.problem} onRetry={tasks.reload} />;
  if (!tasks.value) return <Loading />;
  const visible = tasks.value.filter(({ id }) => !isHidden(`tasks/${id}`));
  if (!visible.length) {
    return (
      <Empty icon="clock" title={t("tasks.emptyTitle")} text={t("tasks.emptyText")}>
        {may("tasks:write") && (
          <LinkButton kind="primary" icon="plus" to="/tasks/new">
            {t("tasks.add")}
          </LinkButton>
        )}
      </Empty>
    );
  }
  return (
    <>
      <ul class="records" aria-label={t("tasks.sources")}>
        {visible.map((task) => (
          <Row key={task.id} task={task} onInspect={() => setInspected(task)} onWritten={setWritten} onChange={tasks.reload} />
        ))}
      </ul>
      {inspected && <Inspection task={inspected} onClose={() => setInspected(null)} />}
      {written && <Metadata files={written} onClose={() => setWritten(null)} />}
    </>
  );
}

interface RowProps {
  task: Task;
  onInspect: () => void;
  onWritten: (files: ChannelFiles) => void;
  onChange: () => void;
}

function Row({ task, onInspect, onWritten, onChange }: RowProps) {
  const [isBusy, setBusy] = useState(false);
  const during = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await work().catch(tellProblem);
    setBusy(false);
  };
  const run = () =>
    during(async () => {
      await download(task);
      tell("success", t("tasks.started", { name: task.name }), { text: t("tasks.toDownloads"), run: () => void navigate("/") });
    });
  const toggle = (enabled: boolean) => void changeTask(task.id, { enabled }).then(onChange, tellProblem);
  return (
    <Record
      name={task.name}
      to={`/tasks/${task.id}`}
      toggle={{
        label: t("tasks.enable", { name: task.name }),
        isOn: task.enabled ?? true,
        isDisabled: !may("tasks:write"),
        onValue: toggle,
      }}
      badges={task.preset ? <span class="badge">{presetName(task.preset)}</span> : null}
      actions={
        <>
          <Button icon="eye" label={t("tasks.inspectOf", { name: task.name })} onClick={onInspect} />
          <Button icon="play" isBusy={isBusy} onClick={() => void run()}>
            {t("tasks.run")}
          </Button>
          {may("tasks:write") && (
            <Menu label={t("tasks.moreOf", { name: task.name })} items={menuOf(task, during, onWritten)} />
          )}
        </>
      }
    >
      <div class="record-line">
        <a class="record-clip soft" dir="ltr" href={task.url} target="_blank" rel="noreferrer">
          {task.url.replace(/^https?:\/\//, "")}
        </a>
      </div>
      <div class="record-line">
        <span>{scheduleText(task)}</span>
        {task.next_run && <Next at={task.next_run} />}
      </div>
      <LastResult task={task} />
    </Record>
  );
}

function scheduleText({ timer = "", handler_enabled = true }: Task): string {
  if (timer) return timerText(timer);
  return handler_enabled ? t("tasks.byHandler") : t("tasks.byNothing");
}

function Next({ at }: { at: string }) {
  const moment = new Date(at);
  return (
    <time dateTime={at} title={dateTime(moment)}>
      {t("tasks.next", { when: ago(moment) })}
    </time>
  );
}

function LastResult({ task: { last_result: result } }: { task: Task }) {
  if (!result) return <div class="record-line">{t("tasks.noRun")}</div>;
  const isOk = result.status === "ok";
  const moment = new Date(result.at);
  return (
    <div class="record-line">
      <span class={isOk ? "badge good" : "badge bad"}>{isOk ? t("tasks.new", { n: result.queued }) : t("tasks.failed")}</span>
      <time dateTime={result.at} title={dateTime(moment)}>
        {t("tasks.last", { when: ago(moment) })}
      </time>
      {isOk && result.found > 0 && <span>{t("tasks.seen", { n: result.found })}</span>}
      {result.error && <span class="record-bad">{result.error}</span>}
    </div>
  );
}

function menuOf(
  task: Task,
  during: (work: () => Promise<unknown>) => Promise<void>,
  onWritten: (files: ChannelFiles) => void,
): (MenuItem | null)[] {
  const { id, name } = task;
  const tellMarks = async (answer: Promise<{ message: string }>, done: string, nothing: string) => {
    tell("info", t("tasks.reading", { name }));
    // The service says which in a sentence of its own, and in no other way.
    const { message } = await answer;
    tell("success", message.startsWith("No ") ? nothing : done);
  };
  const mark = () => tellMarks(markTask(id), t("tasks.marked", { name }), t("tasks.nothingToMark"));
  const unmark = () => tellMarks(unmarkTask(id), t("tasks.unmarked", { name }), t("tasks.nothingToUnmark"));
  const write = async () => onWritten(await writeMetadata(id));
  return [
    { text: t("tasks.edit"), icon: "edit", href: href(`/tasks/${id}`) },
    { text: t("tasks.duplicate"), icon: "copy", href: href(`/tasks/new?like=${id}`) },
    null,
    { text: t("tasks.mark"), icon: "archive", run: () => void during(mark) },
    { text: t("tasks.unmark"), icon: "unarchive", run: () => void during(unmark) },
    { text: t("tasks.metadata"), icon: "film", run: () => void during(write) },
    null,
    {
      text: t("tasks.delete"),
      icon: "trash",
      isDangerous: true,
      run: () => removeLater(`tasks/${id}`, t("tasks.deleted", { name }), () => removeTask(id)),
    },
  ];
}
