// Makes a folder below `path`; `onDone` gets its name, or null when it was not made.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { problemText } from "../../parts/toast";
import { makeFolder } from "./actions";

export function NewFolder({ path, onDone }: { path: string; onDone: (name: string | null) => void }) {
  const [name, setName] = useState("");
  const [error, setError] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const make = async () => {
    try {
      const refusal = await makeFolder(path, name.trim());
      setError(refusal);
      if (refusal === null) onDone(name.trim());
    } catch (problem) {
      setError(problemText(problem));
    }
  };
  return (
    <form
      ref={form}
      class="files-new"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) void make();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onDone(null);
      }}
    >
      <TextField label={t("files.newFolderName")} value={name} onValue={setName} error={error} />
      <div class="files-new-actions">
        <Button onClick={() => onDone(null)}>{t("common.cancel")}</Button>
        <Button kind="primary" type="submit" disabled={!name.trim()}>
          {t("files.make")}
        </Button>
      </div>
    </form>
  );
}
