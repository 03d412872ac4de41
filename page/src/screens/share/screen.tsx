// Ways to add from elsewhere: a bookmark, the page as an app, sharing on a phone, other programs.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { base } from "../../base";
import { t } from "../../i18n";
import { installPrompt, isInstalled } from "../../installation";
import { presets, settings } from "../../live/state";
import { Button, LinkButton } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { SelectField } from "../../parts/field";
import { Icon, type IconName } from "../../parts/icon";
import { Notice } from "../../parts/states";
import { tell } from "../../parts/toast";
import { may } from "../../session";

export default function Share() {
  return (
    <>
      <header class="screen-head">
        <h1>{t("share.title")}</h1>
      </header>
      <div class="share-grid">
        {may("items:add") && <Bookmark />}
        <App />
        <Part icon="upload" title={t("share.phone")}>
          <p>{t("share.phoneText")}</p>
        </Part>
        <Programs />
      </div>
    </>
  );
}

function Part({ icon, title, children }: { icon: IconName; title: string; children: ComponentChildren }) {
  return (
    <section class="card share-part">
      <h2>
        <Icon name={icon} />
        {title}
      </h2>
      {children}
    </section>
  );
}

function ownAddress(): string {
  return location.origin + base;
}

// Opens the screen that adds with the address of the page that is shown.
function bookmarkOf(preset: string): string {
  const choice = preset ? ` + "&preset=" + encodeURIComponent(${JSON.stringify(preset)})` : "";
  return `javascript:void open(${JSON.stringify(`${ownAddress()}/new?url=`)} + encodeURIComponent(location.href)${choice})`;
}

function Bookmark() {
  const [preset, setPreset] = useState("");
  const code = bookmarkOf(preset);
  const title = String(settings.value["instance_title"] || "dlambda");
  return (
    <Part icon="link" title={t("share.bookmark")}>
      <p>{t("share.bookmarkText")}</p>
      <SelectField
        label={t("share.preset")}
        name="preset"
        value={preset}
        onValue={setPreset}
        options={[
          { value: "", text: t("share.presetLater") },
          ...presets.value.map(({ name }) => ({ value: String(name), text: String(name) })),
        ]}
      />
      <div class="share-actions">
        <LinkButton
          kind="primary"
          icon="plus"
          href={code}
          draggable
          onClick={(event) => {
            event.preventDefault();
            tell("info", t("share.drag"));
          }}
        >
          {preset ? t("share.addWith", { title, preset }) : t("share.addTo", { title })}
        </LinkButton>
        <CopyButton text={code} label={t("share.copyBookmark")} />
      </div>
      <p class="soft small">{t("share.bookmarkHint")}</p>
    </Part>
  );
}

function App() {
  const prompt = installPrompt.value;
  return (
    <Part icon="system" title={t("share.app")}>
      <p>{t("share.appText")}</p>
      {isInstalled() && <Notice kind="success">{t("share.isInstalled")}</Notice>}
      {!isSecureContext && <Notice kind="warning">{t("share.needsHttps")}</Notice>}
      {isSecureContext && !isInstalled() && !prompt && <p class="soft">{t("share.installByMenu")}</p>}
      {prompt && (
        <div class="share-actions">
          <Button kind="primary" icon="download" onClick={() => void prompt.prompt().then(() => (installPrompt.value = null))}>
            {t("share.install")}
          </Button>
        </div>
      )}
    </Part>
  );
}

function Programs() {
  return (
    <Part icon="key" title={t("share.programs")}>
      <p>{t("share.programsText")}</p>
      <code class="share-address" dir="ltr">
        {ownAddress()}
      </code>
      <div class="share-actions">
        <CopyButton text={ownAddress()} label={t("share.copyAddress")} />
        {may("account") && (
          <LinkButton icon="key" to="/keys">
            {t("share.toKeys")}
          </LinkButton>
        )}
      </div>
    </Part>
  );
}
