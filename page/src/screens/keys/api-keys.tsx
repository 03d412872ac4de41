// One's own API keys: what each may do, until when, and how much of its quota is used.
import { useState } from "preact/hooks";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { size, t } from "../../i18n";
import { Button } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { confirm, Dialog } from "../../parts/dialog";
import { Empty, Loading, Notice, Problem, ProgressBar } from "../../parts/states";
import { tell, tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { formatMoment, moment, sinceThen } from "./moments";
import { NewKey } from "./new-key";

type Key = components["schemas"]["KeyView"];

export function ApiKeys() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/auth/api-keys")));
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const remove = async (key: Key) => {
    const texts = { title: t("keys.removeTitle", { name: key.name }), text: t("keys.removeText"), yes: t("keys.remove") };
    if (!(await confirm({ ...texts, isDangerous: true }))) return;
    await call(api.DELETE("/api/auth/api-keys/{id}", { params: { path: { id: String(key.id) } } })).catch(tellProblem);
    load();
  };
  if (problem !== null) return <Problem error={problem} onRetry={load} />;
  if (!value) return <Loading />;
  const make = (
    <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
      {t("keys.make")}
    </Button>
  );
  return (
    <>
      {value.items.length ? (
        <>
          <div class="keys-intro">
            <p class="soft">{t("keys.intro")}</p>
            {make}
          </div>
          <ul class="keys-list">
            {value.items.map((key) => (
              <KeyCard key={key.id} value={key} onRemove={() => void remove(key)} />
            ))}
          </ul>
        </>
      ) : (
        <Empty icon="key" title={t("keys.noneTitle")} text={t("keys.intro")}>
          {make}
        </Empty>
      )}
      {isMaking && (
        <NewKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setSecret(key);
            load();
          }}
        />
      )}
      {secret !== null && <Secret value={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

// A gigabyte of a quota has 1024³ bytes: what was entered as 2 GB is shown as 2 GB.
function quotaSize(bytes: number): string {
  return size((bytes / 1024 ** 3) * 1e9);
}

function KeyCard({ value, onRemove }: { value: Key; onRemove: () => void }) {
  const isOver = value.expires_at !== null && moment(value.expires_at).getTime() <= Date.now();
  return (
    <li class="card keys-card">
      <div class="keys-head">
        <div>
          <h2>{value.name}</h2>
          <code class="soft" dir="ltr">
            {value.prefix}…{value.hint}
          </code>
        </div>
        <Button kind="quiet" icon="trash" label={t("keys.removeNamed", { name: value.name })} onClick={onRemove} />
      </div>
      <p class="keys-badges">
        {isOver && <span class="badge bad">{t("keys.over")}</span>}
        {value.scopes === null && <span class="badge">{t("keys.everything")}</span>}
        {value.scopes?.map((scope) => (
          <code key={scope} class="badge" dir="ltr">
            {scope}
          </code>
        ))}
      </p>
      <div class="keys-quota">
        <p class="small">{t("keys.quotaUsed", { used: quotaSize(value.used_bytes), quota: quotaSize(value.quota_bytes) })}</p>
        <ProgressBar value={value.quota_bytes ? (100 * value.used_bytes) / value.quota_bytes : 0} label={t("keys.quota")} />
      </div>
      <p class="soft small keys-facts">
        <span>{value.last_used_at ? t("keys.lastUsed", { when: sinceThen(value.last_used_at) }) : t("keys.neverUsed")}</span>
        <span>{value.expires_at ? t("keys.until", { when: formatMoment(value.expires_at) }) : t("keys.noEnd")}</span>
        {value.request_limit !== null && <span>{t("keys.requests", { n: value.request_limit })}</span>}
      </p>
    </li>
  );
}

// The value of a new key: it is answered once, and nobody can read it again.
function Secret({ value, onClose }: { value: string; onClose: () => void }) {
  const close = () => {
    tell("success", t("keys.made"));
    onClose();
  };
  return (
    <Dialog
      title={t("keys.secretTitle")}
      onClose={close}
      footer={
        <>
          <CopyButton text={value} label={t("keys.copyKey")} />
          <Button kind="primary" onClick={close}>
            {t("keys.done")}
          </Button>
        </>
      }
    >
      <div class="keys-secret">
        <Notice kind="warning">{t("keys.secretText")}</Notice>
        <code class="keys-value" dir="ltr" tabIndex={0}>
          {value}
        </code>
        <p class="soft small">
          {t("keys.secretUse")} <code dir="ltr">Authorization: Bearer …</code>, <code dir="ltr">X-API-Key: …</code>
        </p>
      </div>
    </Dialog>
  );
}
