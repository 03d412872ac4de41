// One's own name and password.
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { ApiError, readError } from "../../api/errors";
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { useFormGuard } from "../../parts/form-guard";
import { Notice } from "../../parts/states";
import { problemText, tell, tellProblem } from "../../parts/toast";
import { refresh, session, signOut } from "../../session";

export function OwnAccount() {
  const user = session.value?.user;
  return (
    <div class="keys-own">
      <section class="card keys-who">
        <div>
          <p class="soft small">{t("keys.signedInAs")}</p>
          <h2>
            <bdi>{user?.username}</bdi> <span class="badge">{t(`keys.role_${user?.role ?? "member"}`)}</span>
          </h2>
        </div>
        <Button icon="signout" onClick={() => void signOut().catch(tellProblem)}>
          {t("common.signOut")}
        </Button>
      </section>
      {user?.id === 0 ? (
        <Notice kind="info">{t("keys.ofSettings", { name: "YTP_AUTH_USERNAME", password: "YTP_AUTH_PASSWORD" })}</Notice>
      ) : (
        <OwnForm username={user?.username ?? ""} />
      )}
    </div>
  );
}

function OwnForm({ username }: { username: string }) {
  const [name, setName] = useState(username);
  const [password, setPassword] = useState("");
  const [current, setCurrent] = useState("");
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const isNamed = name.trim() !== "" && name.trim() !== username;
  const isReady = current !== "" && (isNamed || password !== "");
  useFormGuard(isNamed || password !== "");
  const save = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await change({ current_password: current, ...(isNamed ? { username: name.trim() } : {}), ...(password ? { password } : {}) });
      setPassword("");
      setCurrent("");
      tell("success", t("keys.saved"));
      await refresh();
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <form
      class="card keys-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) void save();
      }}
    >
      <TextField label={t("common.username")} name="username" autocomplete="username" value={name} onValue={setName} />
      <TextField
        label={t("keys.newPassword")}
        hint={t("keys.newPasswordHint")}
        name="new-password"
        type="password"
        autocomplete="new-password"
        value={password}
        onValue={setPassword}
      />
      <TextField
        label={t("keys.currentPassword")}
        name="current-password"
        type="password"
        autocomplete="current-password"
        required
        value={current}
        onValue={setCurrent}
        error={problem === null ? null : isWrong(problem) ? t("keys.wrongPassword") : problemText(problem)}
      />
      <div class="keys-actions">
        <Button kind="primary" type="submit" isBusy={isBusy} disabled={!isReady}>
          {t("keys.save")}
        </Button>
      </div>
    </form>
  );
}

function isWrong(problem: unknown): boolean {
  return problem instanceof ApiError && problem.status === 401;
}

// A 401 means here that the password is wrong, not that nobody is signed in.
async function change(body: Record<string, string>): Promise<void> {
  const { response, error } = await api.PATCH("/api/auth/account", { body: body as never });
  if (!response.ok) throw readError(response, error);
}
