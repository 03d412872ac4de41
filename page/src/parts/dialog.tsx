// Dialogs: the browser's own element keeps the focus inside, and Escape closes it.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "./button";

interface DialogProps {
  title: string;
  onClose: () => void;
  // "panel" lies at the side of the window, and below on a phone.
  kind?: "box" | "panel";
  footer?: ComponentChildren;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, kind = "box", footer, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${kind}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-inside">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" icon="close" label={t("common.close")} onClick={onClose} />
        </header>
        <div class="dialog-body">{children}</div>
        {footer && <footer class="dialog-foot">{footer}</footer>}
      </div>
    </dialog>
  );
}

interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
  isDangerous: boolean;
  answer: (value: boolean) => void;
}

const question = signal<Question | null>(null);

// Asks before something is done that cannot be undone.
export function confirm(texts: { title: string; text: string; yes: string; no?: string; isDangerous?: boolean }): Promise<boolean> {
  question.peek()?.answer(false);
  return new Promise((resolve) => {
    const answer = (value: boolean) => {
      question.value = null;
      resolve(value);
    };
    question.value = { no: t("common.cancel"), isDangerous: false, ...texts, answer };
  });
}

export function Confirmations() {
  const current = question.value;
  if (!current) return null;
  return (
    <Dialog
      key={current.title + current.text}
      title={current.title}
      onClose={() => current.answer(false)}
      footer={
        <>
          <Button onClick={() => current.answer(false)}>{current.no}</Button>
          <Button kind={current.isDangerous ? "danger" : "primary"} onClick={() => current.answer(true)}>
            {current.yes}
          </Button>
        </>
      }
    >
      <p>{current.text}</p>
    </Dialog>
  );
}
