// Another name for an item's file; what lies beside it goes along.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { ApiError } from "../../api/errors";
import { t } from "../../i18n";
import { fileOf } from "../../live/item-facts";
import { itemOf } from "../../live/items";
import { tookItem } from "../../live/lists";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { TextField } from "../../parts/field";
import { tell, tellProblem } from "../../parts/toast";
import type { Model } from "./model";

export function Rename({ model }: { model: Model }) {
  const id = model.renamed.value;
  const file = id === null ? null : nameOf(id);
  return id !== null && file !== null ? <Form key={id} id={id} name={file} onClose={() => model.rename(null)} /> : null;
}

function nameOf(id: string): string | null {
  const item = itemOf(id)?.peek();
  const file = item ? fileOf(item) : null;
  return file?.split("/").at(-1) ?? null;
}

function Form({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const [text, setText] = useState(name);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const input = form.current?.querySelector("input");
    input?.focus();
    input?.setSelectionRange(0, name.includes(".") ? name.lastIndexOf(".") : name.length); // the ending mostly stays
  }, []);
  const send = async () => {
    setBusy(true);
    try {
      const answer = await call(api.POST("/api/history/{id}/rename", { params: { path: { id } }, body: { new_name: text.trim() } }));
      if ("job" in answer) tell("info", t("downloads.renameGoesOn"));
      else {
        tookItem(answer);
        tell("success", t("downloads.renamed"));
      }
      onClose();
    } catch (problem) {
      setBusy(false);
      if (problem instanceof ApiError && (problem.status === 400 || problem.status === 409)) setError(problem.message);
      else tellProblem(problem);
    }
  };
  const formId = `rename-${id}`;
  return (
    <Dialog
      title={t("downloads.action_rename")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form={formId} disabled={isBusy || !text.trim() || text.trim() === name}>
            {t("downloads.rename")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() && text.trim() !== name) void send();
        }}
      >
        <TextField
          label={t("downloads.newName")}
          hint={t("downloads.newNameHint")}
          error={error}
          value={text}
          onValue={(value) => {
            setText(value);
            setError(null);
          }}
        />
      </form>
    </Dialog>
  );
}
