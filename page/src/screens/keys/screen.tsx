// Who may use the service: API keys, sessions, one's own password, and accounts.
import { t } from "../../i18n";
import { Empty } from "../../parts/states";
import { Tabs } from "../../parts/tabs";
import { navigate } from "../../router";
import { isSwitchedOff, may, session } from "../../session";
import type { ScreenProps } from "../screen";
import { Accounts } from "./accounts";
import { ApiKeys } from "./api-keys";
import { OwnAccount } from "./own-account";
import { Sessions } from "./sessions";

const TABS = ["keys", "sessions", "own", "accounts"] as const;
type Tab = (typeof TABS)[number];

export default function KeysAndAccounts({ rest }: ScreenProps) {
  const tabs = TABS.filter(isOffered);
  const chosen = tabs.find((name) => name === rest) ?? "keys";
  return (
    <>
      <header class="screen-head">
        <h1>{t("keys.title")}</h1>
      </header>
      {session.value && isSwitchedOff(session.value) ? (
        <Empty icon="key" title={t("keys.offTitle")} text={t("keys.offText", { setting: "YTP_DISABLE_AUTH" })} />
      ) : (
        <Tabs
          label={t("keys.title")}
          tabs={tabs.map((name) => ({ name, text: t(`keys.tab_${name}`) }))}
          chosen={chosen}
          onChoose={(name) => void navigate(name === "keys" ? "/keys" : `/keys/${name}`, { replace: true })}
        >
          {chosen === "keys" && <ApiKeys />}
          {chosen === "sessions" && <Sessions />}
          {chosen === "own" && <OwnAccount />}
          {chosen === "accounts" && <Accounts />}
        </Tabs>
      )}
    </>
  );
}

// Where nobody signs in there are no sessions and no account of one's own.
function isOffered(name: Tab): boolean {
  if (name === "accounts") return may("accounts:manage");
  return name === "keys" || session.value?.disabled === false;
}
