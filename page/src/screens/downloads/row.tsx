// One item in the list.
import { ago, size, t } from "../../i18n";
import { downloadAddress, durationOf, fileOf, isAudio, makerOf, pictureOf, siteOf, stateOf } from "../../live/item-facts";
import { type Item, itemOf } from "../../live/items";
import { Button, LinkButton } from "../../parts/button";
import { Menu, type MenuItem } from "../../parts/menu";
import { Picture } from "../../parts/picture";
import { href, setQuery } from "../../router";
import { pathOf } from "../../api/client";
import { screenOf } from "../table";
import { type Action, act, actionsFor } from "./actions";
import type { Model } from "./model";
import { StateBadge, StatusLine } from "./status";

// The player's screen, when there is one.
export function playerPath(item: Item): string | null {
  const file = fileOf(item);
  return file && screenOf("/watch") ? `/watch/${pathOf(file)}` : null;
}

export function Row({ model, index, id }: { model: Model; index: number; id: string | undefined }) {
  const item = id === undefined ? undefined : itemOf(id)?.value;
  if (id === undefined || !item) return <div class="row row-empty" aria-hidden="true" />;
  if (model.leaving.value.has(id)) return null;
  const isChosen = model.chosen.value.has(id);
  const file = fileOf(item);
  const player = playerPath(item);
  const open = () => setQuery({ item: id }, { push: true });
  const actions = actionsFor([item], "one");
  const run = (name: string) => actions.filter((action) => action.name === name).forEach((action) => void act(action, [item], model));
  const when = stateOf(item) === "finished" ? ago(new Date(item.datetime)) : null;
  const facts = [siteOf(item), makerOf(item), item.file_size ? size(item.file_size) : null, when];
  return (
    <div class={`row${isChosen ? " chosen" : ""}`} data-state={stateOf(item)}>
      <label class="row-check">
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={t("downloads.choose", { title: item.title })}
          onClick={(event) => void model.choose(index, event.currentTarget.checked, event.shiftKey)}
        />
      </label>
      <Picture src={pictureOf(item)} icon={isAudio(item) ? "music" : "film"} duration={durationOf(item)} />
      <div class="row-text">
        <button type="button" class="row-title" onClick={open}>
          {item.title}
        </button>
        <p class="row-facts soft">
          <StateBadge item={item} />
          {facts.filter(Boolean).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        <StatusLine item={item} />
      </div>
      <div class="row-actions">
        {item.status === "error" && (
          <Button icon="retry" onClick={() => run("retry")}>
            {t("common.tryAgain")}
          </Button>
        )}
        {player && <LinkButton kind="quiet" icon="play" label={t("downloads.play")} to={player} />}
        {file && (
          <LinkButton kind="quiet" icon="download" label={t("downloads.save")} href={downloadAddress(file)} download="" />
        )}
        {stateOf(item) === "held" && actions.some(({ name }) => name === "start") && (
          <Button kind="quiet" icon="play" label={t("downloads.action_start")} onClick={() => run("start")} />
        )}
        <Menu label={t("downloads.actionsOf", { title: item.title })} items={menuOf(item, actions, model, open)} />
      </div>
    </div>
  );
}

function menuOf(item: Item, actions: readonly Action[], model: Model, open: () => void): (MenuItem | null)[] {
  return [
    { text: t("downloads.details"), icon: "info", run: open },
    { text: t("downloads.page"), icon: "link", href: item.url },
    { text: t("downloads.addAgain"), icon: "plus", href: href(`/new?again=${item._id}`) },
    null,
    ...actionItems(actions, item, model),
  ];
}

export function actionItems(actions: readonly Action[], item: Item, model: Model): MenuItem[] {
  return actions.map((action) => ({
    text: t(`downloads.action_${action.name}`),
    icon: action.icon,
    isDangerous: action.isDangerous ?? false,
    run: () => void act(action, [item], model),
  }));
}
