// The form for whoever is not signed in, and for the first account.
import { useState } from "preact/hooks";
import { ApiError } from "./api/errors";
import { t } from "./i18n";
import { base } from "./base";
import { Button, LinkButton } from "./parts/button";
import { TextField } from "./parts/field";
import { Icon } from "./parts/icon";
import { problemText } from "./parts/toast";
import { session, setUp, signIn } from "./session";

export function SignIn({ isFirst }: { isFirst: boolean }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const oidc = session.value?.oidc;
  const fields = problem instanceof ApiError ? problem.fields : {};
  const submit = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await (isFirst ? setUp : signIn)(username.trim(), password);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <main class="sign-in" id="main">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <span class="brand-mark large">
          <Icon name="download" size={28} />
        </span>
        <h1>{isFirst ? t("common.setUpTitle") : t("common.signInTitle")}</h1>
        {isFirst && <p class="hint">{t("common.setUpText")}</p>}
        <TextField
          label={t("common.username")}
          name="username"
          autocomplete="username"
          autocapitalize="none"
          required
          value={username}
          onValue={setUsername}
          error={fields["username"]}
        />
        <TextField
          label={t("common.password")}
          name="password"
          type="password"
          autocomplete={isFirst ? "new-password" : "current-password"}
          required
          value={password}
          onValue={setPassword}
          error={fields["password"]}
        />
        {problem !== null && !Object.keys(fields).length && (
          <p class="field-error" role="alert">
            <Icon name="error" size={16} />
            <span>{signInProblem(problem)}</span>
          </p>
        )}
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {isFirst ? t("common.setUp") : t("common.signIn")}
        </Button>
        {oidc && !isFirst && (
          <LinkButton data-outside="" icon="user" href={`${oidc.url}?${new URLSearchParams({ next: here() })}`}>
            {t("common.signInWith", { name: oidc.label })}
          </LinkButton>
        )}
      </form>
    </main>
  );
}

function signInProblem(problem: unknown): string {
  const isWrong = problem instanceof ApiError && problem.status === 401;
  return isWrong ? t("common.wrongCredentials") : problemText(problem);
}

// Where to go on afterwards: the address that was opened.
function here(): string {
  return location.pathname.startsWith(`${base}/`) ? location.pathname + location.search : `${base}/`;
}
