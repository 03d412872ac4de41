// What lies beside a film in its folder, to go on with.
import { useEffect, useState } from "preact/hooks";
import { api, call } from "../../api/client";
import { folderOf } from "../../api/media";
import type { components } from "../../api/schema";

type Entry = components["schemas"]["EntryView"];

export interface Neighbour {
  name: string;
  path: string;
}

const PAGE = 1000;
const PLAYED = new Set(["video", "audio"]);
// Of enormous folders only the begin and what surrounds the film is worth the requests.
const MOST_PAGES = 12;

async function load(path: string): Promise<Neighbour[]> {
  const folder = folderOf(path);
  const entries: Entry[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const query = { page, per_page: PAGE, sort_by: "name", sort_order: "asc" } as const;
    const answer = folder
      ? await call(api.GET("/api/file/browser/{path}", { params: { path: { path: folder }, query } }))
      : await call(api.GET("/api/file/browser", { params: { query } }));
    entries.push(...answer.contents.filter((entry) => PLAYED.has(entry.content_type)));
    const here = entries.findIndex((entry) => entry.path === `/${path}`);
    if (!answer.pagination.has_next || (here >= 0 && here < entries.length - 1)) break;
  }
  return entries.map(({ name, path: place }) => ({ name, path: place.replace(/^\//, "") }));
}

// Empty until they are known, and where the browser of files is switched off.
export function useNeighbours(path: string): Neighbour[] {
  const [neighbours, setNeighbours] = useState<Neighbour[]>([]);
  useEffect(() => {
    let isOld = false;
    load(path).then(
      (all) => !isOld && setNeighbours(all),
      () => undefined,
    );
    return () => {
      isOld = true;
    };
  }, [path]);
  return neighbours;
}
