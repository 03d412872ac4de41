// One entry of a folder: as a row of the list, or as a card of the grid.
import { t } from "../../i18n";
import { LinkButton } from "../../parts/button";
import { Menu } from "../../parts/menu";
import { Picture } from "../../parts/picture";
import { fileAddress } from "../../api/media";
import { dragOf, dropOf, over } from "./drag";
import { factsOf, iconOf, isPlayed, saved, targetOf } from "./entry-facts";
import { type Entry, placeOf } from "./folder";
import { type Doing, itemsOf, openDetails } from "./menu-items";
import { RenameField } from "./rename";

interface RowProps extends Doing {
  index: number;
  isCard: boolean;
}

export function Row({ index, isCard, folder, onMove }: RowProps) {
  const entry = folder.at(index);
  if (!entry) return <div class={`files-${isCard ? "card" : "row"} files-empty`} aria-hidden="true" />;
  const place = placeOf(entry);
  const isChosen = folder.chosen.value.has(place);
  const isTarget = entry.is_dir && over.value === place;
  const picture = folder.pictureOf(entry);
  const classes = [isCard ? "files-card" : "files-row", isChosen && "chosen", isTarget && "target", folder.isChoosing.value && "choosing"];
  return (
    <div
      class={classes.filter(Boolean).join(" ")}
      data-kind={entry.content_type}
      {...dragOf(folder, entry)}
      {...(entry.is_dir ? dropOf(folder, place) : {})}
    >
      <label class="files-check">
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={t("files.choose", { name: entry.name })}
          onClick={(event) => void folder.choose(index, event.currentTarget.checked, event.shiftKey)}
        />
      </label>
      <Picture src={picture && fileAddress(picture)} icon={iconOf(entry)} />
      <div class="files-text">
        {folder.renamed.value === place ? <RenameField folder={folder} entry={entry} /> : <Name entry={entry} />}
        <p class="files-facts soft">
          {factsOf(entry).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      <div class="files-actions">
        {!isCard && !entry.is_dir && (
          <LinkButton kind="quiet" icon="download" class="files-save" label={t("files.save")} href={saved(entry)} download="" />
        )}
        <Menu label={t("files.actionsOf", { name: entry.name })} items={itemsOf(entry, { folder, onMove })} />
      </div>
    </div>
  );
}

function Name({ entry }: { entry: Entry }) {
  const target = targetOf(entry);
  const text = <bdi>{entry.name}</bdi>;
  if (!target) {
    return (
      <button type="button" class="files-name" title={entry.name} onClick={() => openDetails(entry)}>
        {text}
      </button>
    );
  }
  return (
    <a class="files-name" href={target} title={entry.name} draggable={false} data-plays={isPlayed(entry) || undefined}>
      {text}
    </a>
  );
}
