// What a screen is. Each has a folder here with `screen.json` and `screen.tsx`; the build collects them (build.mjs).
import type { ComponentType } from "preact";
import type { IconName } from "../parts/icon";

// The content of `screen.json`.
export interface ScreenFacts {
  // The address below the base path: "/new". Addresses below it belong to the screen, too.
  path: string;
  icon: IconName;
  // Where in the navigation: "main" is seen on a phone, "more" below its menu, null nowhere.
  group: "main" | "more" | null;
  // Smaller numbers come first.
  order: number;
  // What a user needs to see it (docs/contract/accounts.md 2); none: everyone may.
  permission?: string;
}

export interface Screen extends ScreenFacts {
  // The folder's name, and that of its messages; its title is the message `<name>.title`.
  name: string;
  load: () => Promise<{ default: ComponentType<ScreenProps> }>;
}

export interface ScreenProps {
  // What follows the screen's own path, decoded and without a slash at its begin.
  rest: string;
  query: URLSearchParams;
}
