// Another name, where the old one stands.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { problemText } from "../../parts/toast";
import { rename } from "./actions";
import { type Entry, type Folder, placeOf } from "./folder";

export function RenameField({ folder, entry }: { folder: Folder; entry: Entry }) {
  const [name, setName] = useState(entry.name);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    const dot = entry.is_dir ? -1 : entry.name.lastIndexOf(".");
    input.current?.setSelectionRange(0, dot > 0 ? dot : entry.name.length);
  }, []);
  const leave = () => (folder.renamed.value = null);
  const save = async () => {
    if (!name.trim() || name === entry.name) return leave();
    setBusy(true);
    try {
      const refusal = await rename(placeOf(entry), name, () => void folder.reload());
      setError(refusal);
      if (refusal === null) leave();
    } catch (problem) {
      setError(problemText(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="files-rename"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        ref={input}
        type="text"
        dir="auto"
        spellcheck={false}
        autocomplete="off"
        aria-label={t("files.newNameOf", { name: entry.name })}
        aria-invalid={error ? "true" : undefined}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") leave();
        }}
      />
      <Button type="submit" kind="primary" icon="check" label={t("files.rename")} isBusy={isBusy} />
      <Button kind="quiet" icon="close" label={t("common.cancel")} onClick={leave} />
      {error && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
