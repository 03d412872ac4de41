// One account: name, password, role, folder.
import { useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { SelectField, TextField } from "../../parts/field";
import { Notice } from "../../parts/states";
import { problemText } from "../../parts/toast";
import type { Account } from "./accounts";

const ROLES = ["member", "guest", "admin"] as const;

interface Props {
  // Null: a new one.
  account: Account | null;
  onClose: () => void;
  onSaved: () => void;
}

export function AccountForm({ account, onClose, onSaved }: Props) {
  const [username, setUsername] = useState(account?.username ?? "");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState(account?.role ?? "member");
  const [home, setHome] = useState(account?.home ?? "");
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const isReady = username.trim() !== "" && (account !== null || password !== "");
  const title = account ? t("keys.editTitle", { name: account.username }) : t("keys.addAccount");
  const save = async () => {
    setBusy(true);
    setProblem(null);
    const fields = { username: username.trim(), role, ...(password ? { password } : {}), ...(home.trim() ? { home: home.trim() } : {}) };
    try {
      await call(send(account, fields));
      onSaved();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind="primary" type="submit" form="account" isBusy={isBusy} disabled={!isReady}>
            {t("keys.save")}
          </Button>
        </>
      }
    >
      <form
        id="account"
        class="keys-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void save();
        }}
      >
        <TextField label={t("common.username")} name="username" required maxLength={60} value={username} onValue={setUsername} />
        <TextField
          label={account ? t("keys.newPassword") : t("common.password")}
          hint={account ? t("keys.otherPasswordHint") : undefined}
          name="password"
          type="password"
          autocomplete="new-password"
          required={!account}
          value={password}
          onValue={setPassword}
        />
        <SelectField
          label={t("keys.role")}
          hint={t(`keys.roleHint_${role}`)}
          name="role"
          value={role}
          onValue={setRole}
          options={ROLES.map((name) => ({ value: name, text: t(`keys.role_${name}`) }))}
        />
        {role !== "admin" && (
          <TextField
            label={t("keys.home")}
            hint={t("keys.homeHint")}
            name="home"
            dir="ltr"
            placeholder={`users/${username.trim() || "…"}`}
            value={home}
            onValue={setHome}
          />
        )}
        {problem !== null && <Notice kind="error">{problemText(problem)}</Notice>}
      </form>
    </Dialog>
  );
}

function send(account: Account | null, fields: Record<string, string>) {
  const body = fields as never;
  if (!account) return api.POST("/api/auth/accounts", { body });
  return api.PATCH("/api/auth/accounts/{id}", { params: { path: { id: String(account.id) } }, body });
}
