// A button that opens a menu: arrows move in it, Escape and a click elsewhere close it.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

export interface MenuItem {
  text: string;
  icon?: IconName;
  isDangerous?: boolean;
  isDisabled?: boolean;
  // Below the text: why it is disabled.
  hint?: string;
  // Of several of which one is chosen.
  isChecked?: boolean;
  // An action, or an address to go to; `download` saves what is there.
  run?: () => void;
  href?: string;
  download?: boolean;
}

interface MenuProps {
  label: string;
  icon?: IconName;
  items: readonly (MenuItem | null)[];
  children?: ComponentChildren;
  kind?: "plain" | "quiet" | "primary";
}

const GAP = 4;

export function Menu({ label, icon = "more", items, children, kind = "quiet" }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const anchor = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const close = (isBack = true) => {
    setOpen(false);
    if (isBack) anchor.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!isOpen || !list.current || !anchor.current) return;
    list.current.showPopover();
    settle(list.current, anchor.current);
    entries(list.current)[0]?.focus();
    const leave = (event: Event) => {
      if (!(event.target instanceof Node) || !anchor.current?.contains(event.target)) close(false);
    };
    const away = () => close(false);
    document.addEventListener("pointerdown", leave);
    addEventListener("resize", away);
    addEventListener("scroll", away, { passive: true });
    return () => {
      document.removeEventListener("pointerdown", leave);
      removeEventListener("resize", away);
      removeEventListener("scroll", away);
    };
  }, [isOpen]);
  return (
    <div class="menu" ref={anchor}>
      <Button
        kind={kind}
        icon={icon}
        label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {children}
      </Button>
      {isOpen && (
        <div
          id={id}
          ref={list}
          popover="manual"
          class="menu-list"
          role="menu"
          aria-label={label}
          onKeyDown={(event: KeyboardEvent) => move(event, list.current, close)}
        >
          {items.map((item, index) =>
            item ? <Entry key={item.text} item={item} close={close} /> : <hr key={index} role="separator" />,
          )}
        </div>
      )}
    </div>
  );
}

function Entry({ item, close }: { item: MenuItem; close: (isBack?: boolean) => void }) {
  const shared = {
    role: item.isChecked === undefined ? ("menuitem" as const) : ("menuitemradio" as const),
    class: item.isDangerous ? "dangerous" : undefined,
    tabIndex: -1,
    "aria-checked": item.isChecked,
  };
  const face = (
    <>
      {item.isChecked !== undefined ? (
        <span class="menu-mark">{item.isChecked && <Icon name="check" size={18} />}</span>
      ) : (
        item.icon && <Icon name={item.icon} size={18} />
      )}
      <span>
        {item.text}
        {item.hint && <span class="menu-hint">{item.hint}</span>}
      </span>
    </>
  );
  if (item.href !== undefined) {
    return (
      <a {...shared} href={item.href} download={item.download ? "" : undefined} onClick={() => close()}>
        {face}
      </a>
    );
  }
  return (
    <button
      {...shared}
      type="button"
      aria-disabled={item.isDisabled ? "true" : undefined}
      onClick={() => {
        if (item.isDisabled) return;
        close();
        item.run?.();
      }}
    >
      {face}
    </button>
  );
}

function entries(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
}

// Below its button, or above where there is no room; inside the window.
function settle(list: HTMLElement, anchor: HTMLElement): void {
  const [box, own] = [anchor.getBoundingClientRect(), list.getBoundingClientRect()];
  const isRtl = getComputedStyle(anchor).direction === "rtl";
  const below = box.bottom + GAP + own.height <= innerHeight;
  const top = below ? box.bottom + GAP : Math.max(GAP, box.top - GAP - own.height);
  const left = isRtl ? box.left : box.right - own.width;
  list.style.top = `${top}px`;
  list.style.left = `${Math.min(Math.max(GAP, left), innerWidth - own.width - GAP)}px`;
}

function move(event: KeyboardEvent, list: HTMLElement | null, close: () => void): void {
  const all = entries(list);
  const index = all.indexOf(document.activeElement as HTMLElement);
  const targets: Record<string, number> = {
    ArrowDown: (index + 1) % all.length,
    ArrowUp: (index - 1 + all.length) % all.length,
    Home: 0,
    End: all.length - 1,
  };
  const target = targets[event.key];
  if (event.key === "Escape" || event.key === "Tab") close();
  if (event.key === "Escape" || target !== undefined) event.preventDefault();
  if (target !== undefined) all[target]?.focus();
}
