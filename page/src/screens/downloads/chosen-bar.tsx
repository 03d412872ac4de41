// What can be done with all chosen items, at the lower edge while there are any.
import { t } from "../../i18n";
import { Button } from "../../parts/button";
import { Menu } from "../../parts/menu";
import { tellProblem } from "../../parts/toast";
import { api, call } from "../../api/client";
import { takeAnswer, now, type Item } from "../../live/items";
import { type Action, act, actionsFor } from "./actions";
import type { Model } from "./model";

const SHOWN = 3;

export function ChosenBar({ model }: { model: Model }) {
  const count = model.chosen.value.size;
  if (!count) return null;
  const items = model.chosenItems();
  // Of items that were never loaded nothing is known: what may fit them is offered, too.
  const fitting = actionsFor(items, "many", items.length === count);
  const run = (action: Action) => void doIt(action, model).catch(tellProblem);
  return (
    <div class="chosen-bar" role="region" aria-label={t("downloads.chosen", { n: count })}>
      <Button kind="quiet" icon="close" label={t("downloads.chooseNone")} onClick={() => model.chooseNone()} />
      <strong class="chosen-count">{t("downloads.chosen", { n: count })}</strong>
      <div class="chosen-actions">
        {fitting.slice(0, SHOWN).map((action) => (
          <Button key={action.name} icon={action.icon} onClick={() => run(action)}>
            {t(`downloads.action_${action.name}`)}
          </Button>
        ))}
      </div>
      <Menu
        label={t("downloads.moreActions")}
        kind="plain"
        items={[
          { text: t("downloads.chooseAll"), icon: "check", run: () => void model.chooseAll().catch(tellProblem) },
          null,
          ...fitting.map((action) => ({
            text: t(`downloads.action_${action.name}`),
            icon: action.icon,
            isDangerous: action.isDangerous ?? false,
            run: () => run(action),
          })),
        ]}
      />
    </div>
  );
}

async function doIt(action: Action, model: Model): Promise<void> {
  const ids = [...model.chosen.value];
  const loadedItems = new Map(model.chosenItems().map((item) => [item._id, item]));
  const items: Item[] = [];
  for (const id of ids) items.push(loadedItems.get(id) ?? (await load(id)));
  model.chooseNone();
  await act(action, items, model);
}

async function load(id: string): Promise<Item> {
  const since = now();
  const item = await call(api.GET("/api/history/{id}", { params: { path: { id } } }));
  takeAnswer(item, since);
  return item;
}
