// The accounts of others, for admins; and the first one, where nobody needs to sign in yet.
import { useState } from "preact/hooks";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { confirm } from "../../parts/dialog";
import { TextField } from "../../parts/field";
import { Menu } from "../../parts/menu";
import { Empty, Loading, Notice, Problem } from "../../parts/states";
import { problemText, tellProblem } from "../../parts/toast";
import { useLoaded } from "../../parts/use-loaded";
import { session, setUp } from "../../session";
import { AccountForm } from "./account-form";

export type Account = components["schemas"]["AccountView"];

export function Accounts() {
  return session.value?.disabled ? <FirstAccount /> : <All />;
}

function All() {
  const { value, problem, load } = useLoaded(() => call(api.GET("/api/auth/accounts")));
  // The account that is changed; "new" for one more.
  const [edited, setEdited] = useState<Account | "new" | null>(null);
  if (problem !== null) return <Problem error={problem} onRetry={load} />;
  if (!value) return <Loading />;
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setEdited("new")}>
      {t("keys.addAccount")}
    </Button>
  );
  return (
    <>
      {value.items.length ? (
        <>
          <div class="keys-intro">
            <p class="soft">{t("keys.accountsIntro")}</p>
            {add}
          </div>
          <ul class="keys-list">
            {value.items.map((account) => (
              <Card key={account.id} account={account} onEdit={() => setEdited(account)} onChanged={load} />
            ))}
          </ul>
        </>
      ) : (
        <Empty icon="user" title={t("keys.noAccounts")} text={t("keys.accountsIntro")}>
          {add}
        </Empty>
      )}
      {edited !== null && (
        <AccountForm
          account={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={() => {
            setEdited(null);
            load();
          }}
        />
      )}
    </>
  );
}

function Card({ account, onEdit, onChanged }: { account: Account; onEdit: () => void; onChanged: () => void }) {
  const path = { params: { path: { id: String(account.id) } } };
  const isOwn = session.value?.user?.id === account.id;
  const change = async (body: { disabled: boolean }) => {
    await call(api.PATCH("/api/auth/accounts/{id}", { ...path, body: body as never })).catch(tellProblem);
    onChanged();
  };
  const remove = async () => {
    const texts = { title: t("keys.removeTitle", { name: account.username }), text: t("keys.removeAccountText"), yes: t("keys.remove") };
    if (!(await confirm({ ...texts, isDangerous: true }))) return;
    await call(api.DELETE("/api/auth/accounts/{id}", path)).catch(tellProblem);
    onChanged();
  };
  return (
    <li class="card keys-card">
      <div class="keys-head">
        <div>
          <h2>
            <bdi>{account.username}</bdi>
          </h2>
          <p class="keys-badges">
            <span class="badge busy">{t(`keys.role_${account.role}`)}</span>
            {isOwn && <span class="badge good">{t("keys.you")}</span>}
            {account.disabled && <span class="badge bad">{t("keys.disabled")}</span>}
            {account.external && <span class="badge">{t("keys.external")}</span>}
            {!account.has_password && !account.external && <span class="badge warn">{t("keys.noPassword")}</span>}
          </p>
        </div>
        <Menu
          label={t("keys.actionsFor", { name: account.username })}
          items={[
            { text: t("keys.edit"), icon: "edit", run: onEdit },
            account.disabled
              ? { text: t("keys.enable"), icon: "play", run: () => void change({ disabled: false }) }
              : { text: t("keys.disable"), icon: "pause", run: () => void change({ disabled: true }) },
            { text: t("keys.remove"), icon: "trash", isDangerous: true, run: () => void remove() },
          ]}
        />
      </div>
      {account.role !== "admin" && (
        <p class="soft small">
          {t("keys.home")}: <bdi dir="ltr">{account.home}</bdi>
        </p>
      )}
    </li>
  );
}

function FirstAccount() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    setProblem(null);
    await setUp(username.trim(), password).catch(setProblem);
    setBusy(false);
  };
  return (
    <form
      class="card keys-form"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <h2>{t("keys.firstTitle")}</h2>
      <p class="soft">{t("keys.firstText")}</p>
      <TextField label={t("common.username")} name="username" autocomplete="username" required value={username} onValue={setUsername} />
      <TextField
        label={t("common.password")}
        name="password"
        type="password"
        autocomplete="new-password"
        required
        value={password}
        onValue={setPassword}
      />
      {problem !== null && <Notice kind="error">{problemText(problem)}</Notice>}
      <div class="keys-actions">
        <Button kind="primary" type="submit" isBusy={isBusy} disabled={!username.trim() || !password}>
          {t("common.setUp")}
        </Button>
      </div>
    </form>
  );
}
