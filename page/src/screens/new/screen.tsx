// Adds: addresses, how they are downloaded, and a look at what one brings.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { ApiError } from "../../api/errors";
import { t } from "../../i18n";
import { fields as sharedFields, presets, settings } from "../../live/state";
import { Button } from "../../parts/button";
import { TextArea } from "../../parts/field";
import { useFormGuard } from "../../parts/form-guard";
import { Notice } from "../../parts/states";
import { problemText, tell, tellProblem } from "../../parts/toast";
import { addressesOf, pasted } from "../../pasted";
import { navigate, setGuard } from "../../router";
import type { ScreenProps } from "../screen";
import { append, readAddresses } from "./addresses";
import { draft, edit, EMPTY, type FieldFacts, isDirty, itemsOf, type NewItem } from "./draft";
import { Choices, MoreOptions } from "./options";
import { Preview } from "./preview";

export default function New({ query }: ScreenProps) {
  const now = draft.value;
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [looked, setLooked] = useState<string | null>(null);
  const addresses = readAddresses(now.text);
  const unfit = addresses.filter(({ isFit }) => !isFit);
  useFormGuard(isDirty(now) && !isBusy);
  useStart(query);

  const add = async (items: NewItem[]) => {
    setBusy(true);
    setProblem(null);
    try {
      await call(api.POST("/api/history", { body: items as never }));
      setGuard(null);
      draft.value = { ...EMPTY, preset: now.preset, folder: now.folder, isHeld: now.isHeld };
      tell("success", t("new.added", { n: items.length }));
      await navigate("/");
    } catch (error) {
      if (error instanceof ApiError) setProblem(error);
      else tellProblem(error);
      setBusy(false);
    }
  };
  const facts = sharedFields.value as unknown as FieldFacts[];
  const refused = (problem?.body["data"] as NewItem | undefined)?.url;
  const refusedLine = addresses.find(({ url }) => url === refused)?.line;
  const [first] = addresses;
  const isBad = unfit.length > 0;
  return (
    <>
      <header class="screen-head">
        <h1>{t("new.title")}</h1>
      </header>
      <div class="new-layout">
      <form
        class="new-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (addresses.length && !isBad) void add(itemsOf(now, facts));
        }}
      >
        <section class="card new-main">
          <Addresses
            text={now.text}
            error={
              isBad
                ? t("new.noAddress", { line: unfit[0]?.line ?? 0 })
                : refusedLine
                  ? t("new.refusedLine", { line: refusedLine, text: problemText(problem) })
                  : null
            }
          />
          <Choices draft={now} />
          <MoreOptions draft={now} fields={facts} />
          {problem && !refusedLine && <Notice kind="error">{problemText(problem)}</Notice>}
          <div class="new-actions">
            <Button
              icon="eye"
              disabled={addresses.length !== 1 || isBad}
              onClick={() => setLooked(first?.url ?? null)}
            >
              {t("new.look")}
            </Button>
            <Button kind="primary" type="submit" icon="plus" isBusy={isBusy} disabled={!addresses.length || isBad}>
              {addresses.length > 1 ? t("new.addMany", { n: addresses.length }) : t("new.add")}
            </Button>
          </div>
        </section>
      </form>
      {looked && addresses.length === 1 && first?.url === looked && (
        <Preview key={looked} url={looked} draft={now} isBusy={isBusy} onAdd={(items) => void add(items)} />
      )}
      </div>
    </>
  );
}

function Addresses({ text, error }: { text: string; error: string | null }) {
  const chooser = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null) => {
    if (!files) return;
    void addressesOf(files).then((addresses) => {
      if (addresses.length) edit({ text: append(draft.value.text, addresses) });
      else tell("warning", t("new.noneInFile"));
    });
  };
  return (
    <div
      class="new-addresses"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        if (!event.dataTransfer?.files.length) return;
        event.preventDefault();
        take(event.dataTransfer.files);
      }}
    >
      <TextArea
        label={t("new.addresses")}
        hint={t("new.addressesHint")}
        error={error}
        rows={4}
        name="addresses"
        inputMode="url"
        autocapitalize="none"
        placeholder={"https://…"}
        value={text}
        onValue={(value) => edit({ text: value, format: "" })}
      />
      <input
        ref={chooser}
        type="file"
        accept=".txt,.url,.webloc,.csv,text/plain"
        multiple
        hidden
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <div class="new-files">
        <Button kind="quiet" icon="upload" onClick={() => chooser.current?.click()}>
          {t("new.fromFile")}
        </Button>
      </div>
    </div>
  );
}

// What the address of the screen says (?url=, ?preset=, ?again=), and what was pasted elsewhere.
function useStart(query: URLSearchParams): void {
  const text = pasted.value;
  useEffect(() => {
    if (!text) return;
    pasted.value = "";
    edit({ text: append(draft.value.text, text.split("\n")) });
  }, [text]);
  const [url, shared, again] = [query.get("url"), query.get("text"), query.get("again")];
  const preset = query.get("preset");
  useEffect(() => {
    const addresses = [url, shared].flatMap((value) => value?.match(/https?:\/\/\S+/g) ?? []);
    if (addresses.length) edit({ text: append(draft.value.text, addresses) });
    if (preset) edit({ preset });
    if (!again) return;
    call(api.GET("/api/history/{id}", { params: { path: { id: again } } })).then(
      (item) =>
        edit({
          text: item.url,
          preset: item.preset,
          folder: item.folder,
          template: item.template,
          cookies: item.cookies ?? "",
          cli: item.cli,
        }),
      tellProblem,
    );
  }, [url, shared, again, preset]);
  const standard = String(settings.value["default_preset"] ?? "");
  useEffect(() => {
    if (!draft.value.preset && standard) edit({ preset: standard });
  }, [standard, presets.value]);
}
