// Forms of what the service keeps: what was changed, the save, and the service's texts at their fields.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/errors";
import { t } from "../i18n";
import { href, navigate, setGuard } from "../router";
import { Button, LinkButton } from "./button";
import { useFormGuard } from "./form-guard";
import { Icon } from "./icon";
import { Notice } from "./states";
import { problemText, tell } from "./toast";

export interface Form<T> {
  now: T;
  edit: (changes: Partial<T>) => void;
  isDirty: boolean;
  isBusy: boolean;
  // By field, and what belongs to none.
  errors: Readonly<Record<string, string>>;
  problem: string | null;
  // Goes on to `back` when it is done.
  save: (send: (now: T) => Promise<unknown>, back: string) => Promise<void>;
}

export function useForm<T extends object>(start: T): Form<T> {
  const [now, setNow] = useState(start);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const isDirty = JSON.stringify(now) !== JSON.stringify(start);
  useFormGuard(isDirty && !isBusy);
  const errors = fieldErrors(error);
  const names = Object.keys(errors).filter((name) => name in now || name === "name");
  const save = async (send: (now: T) => Promise<unknown>, back: string) => {
    setBusy(true);
    setError(null);
    try {
      await send(now);
      setGuard(null);
      tell("success", t("common.saved"));
      await navigate(back);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return {
    now,
    edit: (changes) => setNow((before) => ({ ...before, ...changes })),
    isDirty,
    isBusy,
    errors,
    problem: error === null || names.length ? null : [problemText(error), ...Object.values(errors)].join(" "),
    save,
  };
}

// The last part of `loc` names the field: {"url": "Invalid URL format: …"}.
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  if (error.code === "ALREADY_EXISTS") return { name: error.message };
  const texts = Object.entries(error.fields).map(([name, text]) => [name, text.replace(/^Value error, /, "")]);
  return Object.fromEntries(texts) as Record<string, string>;
}

interface EditorProps<T> {
  title: string;
  back: { to: string; text: string };
  form: Form<T>;
  onSave: () => void;
  isReadOnly?: boolean;
  isWide?: boolean;
  children: ComponentChildren;
}

export function Editor<T>({ title, back, form, onSave, isReadOnly = false, isWide = false, children }: EditorProps<T>) {
  const element = useRef<HTMLFormElement>(null);
  useEffect(() => {
    element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [form.errors["name"], form.isBusy]);
  return (
    <>
      <a class="editor-back" href={href(back.to)}>
        <Icon name="chevron" size={18} />
        {back.text}
      </a>
      <header class="screen-head">
        <h1>{title}</h1>
      </header>
      <form
        ref={element}
        class={isWide ? "editor wide" : "editor"}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReadOnly && !form.isBusy) onSave();
        }}
      >
        {children}
        {form.problem && (
          <div role="alert">
            <Notice kind="error">{form.problem}</Notice>
          </div>
        )}
        {!isReadOnly && (
          <footer class="editor-foot">
            <LinkButton to={back.to}>{t("common.cancel")}</LinkButton>
            <Button kind="primary" type="submit" icon="check" isBusy={form.isBusy}>
              {t("common.save")}
            </Button>
          </footer>
        )}
      </form>
    </>
  );
}
