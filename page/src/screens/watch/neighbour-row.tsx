// Another film of the same folder.
import { pathOf } from "../../api/client";
import { Icon } from "../../parts/icon";
import { href } from "../../router";
import type { Neighbour } from "./folder";

export function NeighbourRow({ neighbour, isHere }: { neighbour: Neighbour | undefined; isHere: boolean }) {
  if (!neighbour) return null;
  return (
    <a class="watch-neighbour" href={href(`/watch/${pathOf(neighbour.path)}`)} aria-current={isHere ? "true" : undefined}>
      <Icon name="play" size={16} />
      <bdi>{neighbour.name}</bdi>
    </a>
  );
}
