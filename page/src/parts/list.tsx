// A list of any length of which only what is seen is drawn. It scrolls with the window.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  type VirtualizerOptions,
  windowScroll,
} from "@tanstack/virtual-core";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface ListProps {
  label: string;
  count: number;
  // About as high as a row is, in pixels; rows are measured.
  rowHeight: number;
  row: (index: number) => ComponentChildren;
  // What a row shows, so that it keeps its state when it moves. Heights are remembered by place: rows follow each other
  // in the flow of the page, so an old one moves nothing but what is out of sight.
  keyOf?: (index: number) => string | number;
  // Which rows are in view, whenever that changes.
  onView?: (first: number, last: number) => void;
  // Grows when rows changed places.
  version?: number;
  // Inside a box of its own, such as a dialog, in place of the window.
  isBoxed?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
}

const OVERSCAN = 6;

export function VirtualList({ label, count, rowHeight, row, keyOf = same, onView, isBoxed = false, onKeyDown }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [, redraw] = useState(0);
  const list = useVirtualizer(box, isBoxed, { count, rowHeight }, () => redraw((n) => n + 1));
  const rows = list.getVirtualItems();
  const [first, last] = [rows[0]?.index ?? 0, rows.at(-1)?.index ?? 0];
  useEffect(() => {
    if (count) onView?.(first, last);
  }, [first, last, count, onView]);
  const start = rows[0] ? rows[0].start - list.options.scrollMargin : 0;
  return (
    <div class={isBoxed ? "virtual boxed" : "virtual"} ref={box} onKeyDown={onKeyDown}>
      <div class="virtual-rows" role="list" aria-label={label} style={{ height: `${list.getTotalSize()}px` }}>
        <div class="virtual-window" style={{ transform: `translateY(${start}px)` }}>
          {rows.map((item) => (
            <div
              key={keyOf(item.index)}
              ref={list.measureElement}
              data-index={item.index}
              role="listitem"
              aria-setsize={count}
              aria-posinset={item.index + 1}
            >
              {row(item.index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

const same = (index: number) => index;

type Either = Virtualizer<Window | HTMLDivElement, HTMLDivElement>;

function useVirtualizer(
  box: { current: HTMLDivElement | null },
  isBoxed: boolean,
  { count, rowHeight }: { count: number; rowHeight: number },
  redraw: () => void,
): Either {
  const place = isBoxed
    ? {
        getScrollElement: () => box.current,
        observeElementRect,
        observeElementOffset,
        scrollToFn: elementScroll,
      }
    : {
        getScrollElement: () => window,
        observeElementRect: observeWindowRect,
        observeElementOffset: observeWindowOffset,
        scrollToFn: windowScroll,
        initialOffset: () => scrollY,
      };
  const margin = isBoxed || !box.current ? 0 : box.current.getBoundingClientRect().top + scrollY;
  const options = {
    ...place,
    count,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: margin,
    onChange: redraw,
  } as unknown as VirtualizerOptions<Window | HTMLDivElement, HTMLDivElement>;
  const [list] = useState<Either>(() => new Virtualizer(options));
  list.setOptions(options);
  useLayoutEffect(() => {
    redraw(); // now the place of the box is known
    return list._didMount();
  }, []);
  useLayoutEffect(() => list._willUpdate());
  return list;
}
