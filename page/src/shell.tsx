// The frame of every screen: navigation, what concerns all of them, and the screen itself.
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { chooseLanguage, language, languageName, t } from "./i18n";
import { languages } from "./i18n/languages";
import { connectNow, connection } from "./live/socket";
import { isPaused, settings } from "./live/state";
import { api, call } from "./api/client";
import { Button, LinkButton } from "./parts/button";
import { Confirmations } from "./parts/dialog";
import { Icon } from "./parts/icon";
import { Menu, type MenuItem } from "./parts/menu";
import { Empty, Loading, Notice, Problem } from "./parts/states";
import { Toasts, tellProblem } from "./parts/toast";
import { href, place } from "./router";
import type { Screen, ScreenProps } from "./screens/screen";
import { navigation, screenOf, titleOf } from "./screens/table";
import { may, session, signOut } from "./session";
import { SignIn } from "./sign-in";
import { chooseTheme, theme } from "./theme";

export function Shell() {
  const status = session.value;
  if (status && !status.disabled && !status.authenticated) {
    return (
      <>
        <SignIn isFirst={status.setup_required} />
        <Toasts />
      </>
    );
  }
  const match = screenOf(place.value.path);
  return (
    <>
      <a class="skip-link" href="#main">
        {t("common.skip")}
      </a>
      <div class="frame">
        <Navigation current={match?.screen} />
        <div class="content">
          <Banners />
          <main id="main" tabIndex={-1}>
            {match ? <Loaded key={match.screen.name} screen={match.screen} rest={match.rest} /> : <Unknown />}
          </main>
        </div>
      </div>
      <Confirmations />
      <Toasts />
    </>
  );
}

function Loaded({ screen, rest }: { screen: Screen; rest: string }) {
  const [Content, setContent] = useState<ComponentType<ScreenProps> | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const isFirst = useRef(document.activeElement === document.body);
  const load = () => {
    setProblem(null);
    screen.load().then((module) => setContent(() => module.default), setProblem);
  };
  useEffect(load, [screen]);
  useEffect(() => {
    document.title = `${titleOf(screen)} · ${instanceTitle()}`;
  }, [screen, language.value, settings.value]);
  useEffect(() => {
    // Who came by a link hears where they are; who just opened the page is not moved.
    if (Content && !isFirst.current) document.getElementById("main")?.focus({ preventScroll: true });
  }, [Content]);
  if (problem) return <Problem error={problem} onRetry={load} />;
  return Content ? <Content rest={rest} query={place.value.query} /> : <Loading />;
}

function instanceTitle(): string {
  return String(settings.value["instance_title"] || "dlambda");
}

function Unknown() {
  return (
    <Empty icon="search" title={t("common.unknownTitle")} text={t("common.unknownText")}>
      <LinkButton kind="primary" to="/">
        {t("common.toStart")}
      </LinkButton>
    </Empty>
  );
}

function Navigation({ current }: { current: Screen | undefined }) {
  const more = navigation("more");
  return (
    <nav class="navigation" aria-label={t("common.navigation")}>
      <a class="brand" href={href("/")}>
        <span class="brand-mark">
          <Icon name="download" size={18} />
        </span>
        <span class="brand-name">{instanceTitle()}</span>
      </a>
      <ul class="navigation-main">
        {navigation("main").map((screen) => (
          <Entry key={screen.name} screen={screen} isCurrent={screen === current} />
        ))}
      </ul>
      <ul class="navigation-more">
        {more.map((screen) => (
          <Entry key={screen.name} screen={screen} isCurrent={screen === current} />
        ))}
      </ul>
      <div class="navigation-end">
        <Menu label={t("common.more")} icon="more" items={[...phoneItems(more), ...choices()]} />
      </div>
    </nav>
  );
}

function Entry({ screen, isCurrent }: { screen: Screen; isCurrent: boolean }) {
  return (
    <li>
      <a href={href(screen.path)} aria-current={isCurrent ? "page" : undefined}>
        <Icon name={screen.icon} />
        <span>{titleOf(screen)}</span>
      </a>
    </li>
  );
}

// On a phone what has no place at the edge is in the menu. It is drawn there alone (see frame.css).
function phoneItems(more: Screen[]): (MenuItem | null)[] {
  if (!matchMedia("(max-width: 47.99rem)").matches || !more.length) return [];
  return [...more.map((screen) => ({ text: titleOf(screen), icon: screen.icon, href: href(screen.path) })), null];
}

function choices(): (MenuItem | null)[] {
  const now = theme.value;
  const status = session.value;
  return [
    { text: t("common.themeSystem"), isChecked: now === "system", run: () => chooseTheme("system") },
    { text: t("common.themeLight"), isChecked: now === "light", run: () => chooseTheme("light") },
    { text: t("common.themeDark"), isChecked: now === "dark", run: () => chooseTheme("dark") },
    null,
    ...languages.map((tag) => ({
      text: languageName(tag),
      isChecked: tag === language.value,
      run: () => void chooseLanguage(tag).catch(tellProblem),
    })),
    ...(status?.authenticated && !status.disabled
      ? [null, { text: t("common.signOut"), icon: "signout" as const, run: () => void signOut().catch(tellProblem) }]
      : []),
  ];
}

function Banners() {
  const isLost = connection.value === "lost";
  return (
    <div class="banners" aria-live="polite">
      {isLost && (
        <Notice kind="warning" action={<Button onClick={connectNow}>{t("common.connectNow")}</Button>}>
          {t("common.connectionLost")}
        </Notice>
      )}
      {isPaused.value && (
        <Notice
          kind="info"
          action={
            may("system:control") && (
              <Button icon="play" onClick={() => void call(api.POST("/api/system/resume")).catch(tellProblem)}>
                {t("common.resume")}
              </Button>
            )
          }
        >
          {t("common.queuePaused")}
        </Notice>
      )}
    </div>
  );
}
