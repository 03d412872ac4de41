// Copies a text. Without HTTPS browsers have no clipboard for pages, but the older way still works.
import { t } from "../i18n";
import { Button } from "./button";
import { tell } from "./toast";

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    // Inside an open dialog, which keeps the focus from everything else.
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  tell("success", t("common.copied"));
}

export function CopyButton({ text, label }: { text: string | (() => string); label?: string }) {
  return (
    <Button icon="copy" onClick={() => void copyText(typeof text === "string" ? text : text())}>
      {label ?? t("common.copy")}
    </Button>
  );
}
