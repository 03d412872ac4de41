import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { DONE_STATUSES } from "../../live/items";
import { watchList } from "../../live/lists";
import { VirtualList } from "../../parts/list";
import { Loading } from "../../parts/states";
import { itemOf } from "../../live/items";

export default function Downloads() {
  const [watched] = useState(() => watchList({ type: "done", statuses: DONE_STATUSES, order: "DESC", search: "" }));
  useEffect(() => watched.release, [watched]);
  const list = watched.list;
  const total = list.total.value;
  list.version.value;
  return (
    <>
      <header class="screen-head">
        <h1>{t("downloads.title")}</h1>
      </header>
      {total === null ? (
        <Loading />
      ) : (
        <VirtualList
          label={t("downloads.title")}
          count={total}
          rowHeight={72}
          onView={(first, last) => list.look(first, last)}
          row={(index) => <p>{itemOf(list.at(index) ?? "")?.value.title}</p>}
        />
      )}
    </>
  );
}
