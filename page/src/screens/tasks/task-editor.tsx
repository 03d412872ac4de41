// Makes or changes a source.
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { settings } from "../../live/state";
import { CheckField, TextArea, TextField } from "../../parts/field";
import { FolderField } from "../../parts/folder-field";
import { Editor, useForm } from "../../parts/form";
import { NameField } from "../../parts/form-fields";
import { OptionsField } from "../../parts/options-field";
import { PresetField, presetName, presetOf } from "../../parts/preset-field";
import { Loading, Problem } from "../../parts/states";
import { TemplateField } from "../../parts/template-field";
import { tellProblem } from "../../parts/toast";
import { addressesIn } from "../../pasted";
import { may } from "../../session";
import { changeTask, getTask, makeTasks, markTask, type Task, type TaskInput } from "./api";
import { Schedule } from "./schedule";

interface Draft extends Required<TaskInput> {
  // New ones alone: what the source has now counts as downloaded.
  isMarked: boolean;
}

const EMPTY: Draft = {
  name: "",
  url: "",
  timer: "",
  preset: "",
  folder: "",
  template: "",
  cli: "",
  auto_start: true,
  handler_enabled: true,
  enabled: true,
  isMarked: false,
};

function draftOf(task: Task): Draft {
  const names = Object.keys(EMPTY).filter((name) => name in task) as (keyof TaskInput)[];
  return { ...EMPTY, ...Object.fromEntries(names.map((name) => [name, task[name]])) };
}

export function TaskEditor({ id, like, url }: { id: string; like: string | null; url: string }) {
  const [start, setStart] = useState<Draft | null>(id === "new" && !like ? { ...EMPTY, url } : null);
  const [problem, setProblem] = useState<unknown>(null);
  const source = id === "new" ? like : id;
  useEffect(() => {
    if (!source || start) return;
    getTask(Number(source)).then((task) => setStart({ ...draftOf(task), ...(id === "new" ? { name: "" } : {}) }), setProblem);
  }, [source]);
  if (problem) return <Problem error={problem} />;
  return start ? <Form start={start} id={id === "new" ? null : Number(id)} /> : <Loading />;
}

async function send(now: Draft, id: number | null): Promise<void> {
  const { isMarked, ...fields } = now;
  if (id !== null) {
    await changeTask(id, fields);
    return;
  }
  const [first = fields.url.trim(), ...more] = addressesIn(fields.url);
  const tasks = await makeTasks([{ ...fields, url: first }, ...more.map((url) => ({ url }))]);
  // It may take long, and the task is there either way.
  if (isMarked) for (const task of tasks) markTask(task.id).catch(tellProblem);
}

function Form({ start, id }: { start: Draft; id: number | null }) {
  const form = useForm(start);
  const { now, edit, errors } = form;
  const standard = presetName(String(settings.value["default_preset"] ?? "default"));
  const count = id === null ? addressesIn(now.url).length : 1;
  return (
    <Editor
      title={id === null ? t("tasks.add") : start.name}
      back={{ to: "/tasks", text: t("tasks.title") }}
      form={form}
      isReadOnly={!may("tasks:write")}
      onSave={() => void form.save((draft) => send(draft, id), "/tasks")}
    >
      <section class="card editor-part">
        <NameField label={t("tasks.name")} hint={count > 1 ? t("tasks.nameOfFirst") : undefined} form={form} />
        {id === null ? (
          <TextArea
            label={t("tasks.urls")}
            hint={count > 1 ? t("tasks.urlsCount", { n: count }) : t("tasks.urlsHint")}
            error={errors["url"]}
            name="url"
            rows={2}
            dir="ltr"
            inputMode="url"
            autocapitalize="none"
            placeholder="https://…"
            value={now.url}
            onValue={(url) => edit({ url })}
          />
        ) : (
          <TextField
            label={t("tasks.url")}
            error={errors["url"]}
            name="url"
            dir="ltr"
            inputMode="url"
            value={now.url}
            onValue={(url) => edit({ url })}
          />
        )}
      </section>
      <section class="card editor-part">
        <h2>{t("tasks.when")}</h2>
        <Schedule timer={now.timer} onTimer={(timer) => edit({ timer })} error={errors["timer"]} />
        <CheckField
          label={t("tasks.handler")}
          hint={t("tasks.handlerHint")}
          isChecked={now.handler_enabled}
          onValue={(handler_enabled) => edit({ handler_enabled })}
        />
        <CheckField label={t("tasks.enabled")} isChecked={now.enabled} onValue={(enabled) => edit({ enabled })} />
      </section>
      <section class="card editor-part">
        <h2>{t("tasks.how")}</h2>
        <div class="editor-columns">
          <PresetField
            value={now.preset}
            error={errors["preset"]}
            none={t("tasks.standard", { name: standard })}
            onValue={(preset) => edit({ preset })}
          />
          <FolderField
            value={now.folder}
            error={errors["folder"]}
            placeholder={presetOf(now.preset)?.folder ?? ""}
            onValue={(folder) => edit({ folder })}
          />
        </div>
        <TemplateField
          value={now.template}
          preset={now.preset}
          error={errors["template"]}
          onValue={(template) => edit({ template })}
        />
        <OptionsField value={now.cli} error={errors["cli"]} onValue={(cli) => edit({ cli })} />
        <CheckField
          label={t("tasks.autoStart")}
          hint={t("tasks.autoStartHint")}
          isChecked={now.auto_start}
          onValue={(auto_start) => edit({ auto_start })}
        />
        {id === null && (
          <CheckField
            label={t("tasks.markAfter")}
            hint={t("tasks.markAfterHint")}
            isChecked={now.isMarked}
            onValue={(isMarked) => edit({ isMarked })}
          />
        )}
      </section>
    </Editor>
  );
}
