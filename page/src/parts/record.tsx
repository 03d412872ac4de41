// One thing that the service keeps, in a list of its kind: on or off, its name, what it does, and what can be done.
import type { ComponentChildren } from "preact";
import { href } from "../router";
import { Switch } from "./switch";

interface RecordProps {
  name: string;
  // Where it is changed; without it the name is just a text.
  to?: string;
  badges?: ComponentChildren;
  toggle?: { label: string; isOn: boolean; isDisabled?: boolean; onValue: (value: boolean) => void };
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

export function Record({ name, to, badges, toggle, actions, children }: RecordProps) {
  const kinds = ["record", toggle ? "" : "plain", toggle && !toggle.isOn ? "off" : ""];
  return (
    <li class={kinds.filter(Boolean).join(" ")}>
      {toggle && <Switch {...toggle} />}
      <div class="record-inside">
        <div class="record-head">
          {to ? <a href={href(to)}>{name}</a> : <strong>{name}</strong>}
          {badges}
        </div>
        {children}
      </div>
      <div class="record-actions">{actions}</div>
    </li>
  );
}
