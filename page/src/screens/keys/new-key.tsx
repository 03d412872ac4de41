// The form of a new API key.
import { useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { ApiError } from "../../api/errors";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { SelectField, TextField } from "../../parts/field";
import { Notice } from "../../parts/states";
import { problemText } from "../../parts/toast";
import { Scopes } from "./scopes";

const DAY_MS = 86_400_000;
const SPANS = [7, 30, 90, 365];

interface Draft {
  name: string;
  isLimited: boolean;
  scopes: ReadonlySet<string>;
  // Days, "" for never, "date" for `date`.
  span: string;
  date: string;
  quota: string;
  requests: string;
}

const EMPTY: Draft = { name: "", isLimited: false, scopes: new Set(), span: "", date: "", quota: "", requests: "" };

function bodyOf(draft: Draft) {
  return {
    name: draft.name.trim(),
    scopes: draft.isLimited ? [...draft.scopes] : null,
    expires_at: endOf(draft),
    quota_gb: draft.quota ? Number(draft.quota) : null,
    request_limit: draft.requests ? Number(draft.requests) : null,
  };
}

function endOf({ span, date }: Draft): string | null {
  if (span === "date") return date ? new Date(`${date}T23:59:59`).toISOString() : null;
  return span ? new Date(Date.now() + Number(span) * DAY_MS).toISOString() : null;
}

export function NewKey({ onClose, onMade }: { onClose: () => void; onMade: (value: string) => void }) {
  const [draft, setDraft] = useState(EMPTY);
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const edit = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  const isReady = draft.name.trim() !== "" && (!draft.isLimited || draft.scopes.size > 0) && (draft.span !== "date" || draft.date !== "");
  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      onMade((await call(api.POST("/api/auth/api-keys", { body: bodyOf(draft) as never }))).key);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("keys.make")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form="new-key" isBusy={isBusy} disabled={!isReady}>
            {t("keys.make")}
          </Button>
        </>
      }
    >
      <form
        id="new-key"
        class="keys-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void make();
        }}
      >
        <TextField
          label={t("keys.name")}
          hint={t("keys.nameHint")}
          name="name"
          required
          maxLength={60}
          value={draft.name}
          onValue={(name) => edit({ name })}
        />
        <SelectField
          label={t("keys.may")}
          name="may"
          value={draft.isLimited ? "some" : "all"}
          onValue={(value) => edit({ isLimited: value === "some" })}
          options={[
            { value: "all", text: t("keys.mayAll") },
            { value: "some", text: t("keys.maySome") },
          ]}
        />
        {draft.isLimited && <Scopes chosen={draft.scopes} onChoose={(scopes) => edit({ scopes })} />}
        <div class="keys-pair">
          <SelectField
            label={t("keys.ends")}
            name="ends"
            value={draft.span}
            onValue={(span) => edit({ span })}
            options={[
              { value: "", text: t("keys.endsNever") },
              ...SPANS.map((days) => ({ value: String(days), text: t("keys.endsAfter", { n: days }) })),
              { value: "date", text: t("keys.endsOn") },
            ]}
          />
          {draft.span === "date" && (
            <TextField label={t("keys.date")} name="date" type="date" required value={draft.date} onValue={(date) => edit({ date })} />
          )}
        </div>
        <div class="keys-pair">
          <TextField
            label={t("keys.quotaField")}
            hint={t("keys.quotaHint")}
            name="quota"
            type="number"
            inputMode="decimal"
            min="0.001"
            step="any"
            value={draft.quota}
            onValue={(quota) => edit({ quota })}
          />
          <TextField
            label={t("keys.requestsField")}
            hint={t("keys.requestsHint")}
            name="requests"
            type="number"
            inputMode="numeric"
            min="1"
            step="1"
            value={draft.requests}
            onValue={(requests) => edit({ requests })}
          />
        </div>
        {problem !== null && <Notice kind="error">{problem instanceof ApiError ? problemText(problem) : String(problem)}</Notice>}
      </form>
    </Dialog>
  );
}
