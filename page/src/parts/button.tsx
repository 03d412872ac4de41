// Buttons and links that look like ones. An icon alone needs a label, which is read out and shown as a hint.
import type { AllHTMLAttributes, ComponentChildren } from "preact";
import { href } from "../router";
import { attributes } from "./attributes";
import { Icon, type IconName } from "./icon";

interface Look {
  kind?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName;
  label?: string;
  isBusy?: boolean;
  children?: ComponentChildren;
}

type ButtonProps = Look & Omit<AllHTMLAttributes<HTMLButtonElement>, "icon" | "label">;

export function Button({ kind = "plain", icon, label, isBusy, children, class: more, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...attributes(rest)}
      class={classes(kind, !children, more)}
      aria-label={label}
      title={label}
      aria-busy={isBusy ? "true" : undefined}
      disabled={rest.disabled || isBusy}
    >
      <Face icon={icon} isBusy={isBusy}>
        {children}
      </Face>
    </button>
  );
}

type LinkProps = Look & { to?: string } & Omit<AllHTMLAttributes<HTMLAnchorElement>, "icon" | "label">;

// `to` is an address of a screen, `href` any other.
export function LinkButton({ kind = "plain", icon, label, children, to, class: more, ...rest }: LinkProps) {
  return (
    <a
      {...attributes(rest)}
      {...(to === undefined ? {} : { href: href(to) })}
      class={classes(kind, !children, more)}
      aria-label={label}
      title={label}
    >
      <Face icon={icon} isBusy={false}>
        {children}
      </Face>
    </a>
  );
}

function Face({ icon, isBusy, children }: { icon: IconName | undefined; isBusy: boolean | undefined; children?: ComponentChildren }) {
  return (
    <>
      {isBusy ? <span class="spinner" /> : icon && <Icon name={icon} />}
      {children && <span class="button-text">{children}</span>}
    </>
  );
}

function classes(kind: string, isIcon: boolean, more: unknown): string {
  return ["button", kind, isIcon ? "icon-only" : "", typeof more === "string" ? more : ""].filter(Boolean).join(" ");
}
