// yt-dlp's command line. A session goes on without its window: after a reload it is shown from its first line on.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";
import { ago, t } from "../../i18n";
import { configuration, settings } from "../../live/state";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { Empty, Loading, Problem } from "../../parts/states";
import { problemText, tellProblem } from "../../parts/toast";
import { setQuery } from "../../router";
import type { ScreenProps } from "../screen";
import { Output } from "./output";

type Session = components["schemas"]["Session"];
const BADGES: Record<string, string> = { starting: "busy", running: "busy", completed: "good", failed: "bad", interrupted: "warn" };

export default function Console({ query }: ScreenProps) {
  const isOff = settings.value["console_enabled"] === false;
  return (
    <>
      <header class="screen-head">
        <h1>{t("console.title")}</h1>
      </header>
      {isOff && <Empty icon="terminal" title={t("console.offTitle")} text={t("console.offText", { setting: "YTP_CONSOLE_ENABLED=true" })} />}
      {!isOff && (configuration.value ? <Terminal chosen={query.get("session")} /> : <Loading />)}
    </>
  );
}

function isActive(session: Session | undefined): boolean {
  return session?.status === "starting" || session?.status === "running";
}

function Terminal({ chosen }: { chosen: string | null }) {
  const [sessions, setSessions] = useState<Session[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [command, setCommand] = useState("");
  const [refusal, setRefusal] = useState<unknown>(null);
  const load = async () => {
    setProblem(null);
    await call(api.GET("/api/system/terminal")).then((answer) => setSessions(answer.items), setProblem);
  };
  useEffect(() => void load(), []);
  if (problem !== null && !sessions) return <Problem error={problem} onRetry={() => void load()} />;
  if (!sessions) return <Loading />;
  const active = sessions.find(isActive);
  const session = sessions.find(({ session_id: id }) => id === chosen) ?? active ?? sessions[0];
  const run = async () => {
    setRefusal(null);
    try {
      // A session is what asks for JSON; the schema's body is whatever the command is.
      const session = await call(api.POST("/api/system/terminal", { body: { command } as never }));
      setCommand("");
      setQuery({ session: null });
      setSessions([session, ...sessions.filter(({ session_id: id }) => id !== session.session_id)]);
    } catch (error) {
      setRefusal(error);
    }
  };
  const stop = async (id: string) => {
    await call(api.DELETE("/api/system/terminal/{session_id}", { params: { path: { session_id: id } } })).catch(tellProblem);
    await load();
  };
  return (
    <div class="console">
      <form
        class="console-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (command.trim() && !active) void run();
        }}
      >
        <span class="console-prompt" aria-hidden="true" dir="ltr">
          yt-dlp
        </span>
        <TextField
          label={t("console.command")}
          isLabelHidden
          name="command"
          dir="ltr"
          autocapitalize="none"
          placeholder="--help"
          value={command}
          onValue={setCommand}
          choices={[...new Set(sessions.map((session) => session.command))]}
          error={refusal === null ? null : problemText(refusal)}
        />
        {active ? (
          <Button icon="stop" kind="danger" onClick={() => void stop(active.session_id)}>
            {t("console.stop")}
          </Button>
        ) : (
          <Button kind="primary" icon="play" type="submit" disabled={!command.trim()}>
            {t("console.run")}
          </Button>
        )}
      </form>
      {session ? (
        <>
          <p class="console-head">
            <code dir="ltr">yt-dlp {session.command}</code>
            <StatusBadge session={session} />
          </p>
          <Output key={session.session_id} id={session.session_id} onEnd={() => void load()} />
        </>
      ) : (
        <Empty icon="terminal" title={t("console.none")} text={t("console.noneText")} />
      )}
      {sessions.length > 1 && <Recent sessions={sessions} current={session} onReuse={setCommand} />}
    </div>
  );
}

function StatusBadge({ session }: { session: Session }) {
  const code = session.exit_code;
  return (
    <span class={`badge ${code ? "bad" : (BADGES[session.status] ?? "")}`}>
      {t(`console.status_${session.status}`)}
      {code !== null && code > 0 && ` (${code})`}
    </span>
  );
}

interface RecentProps {
  sessions: readonly Session[];
  current: Session | undefined;
  onReuse: (command: string) => void;
}

function Recent({ sessions, current, onReuse }: RecentProps) {
  return (
    <section class="console-recent">
      <h2>{t("console.recent")}</h2>
      <ul>
        {sessions.map((session) => (
          <li key={session.session_id}>
            <button
              type="button"
              class="console-session"
              aria-pressed={session === current}
              onClick={() => setQuery({ session: session.session_id }, { push: true })}
            >
              <code dir="ltr">{session.command}</code>
              <StatusBadge session={session} />
              <span class="soft small">{ago(new Date(session.created_at * 1000))}</span>
            </button>
            <Button kind="quiet" icon="edit" label={t("console.reuse", { command: session.command })} onClick={() => onReuse(session.command)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
