import "styles:all";
import { render } from "preact";
import { preferredLanguage, useLanguage } from "./i18n";
import { startInstallation } from "./installation";
import { startPasting } from "./pasted";
import { watch } from "./stored";
import { startLists } from "./live/lists";
import { startState } from "./live/state";
import { startRouter } from "./router";
import { Shell } from "./shell";
import { mayUse, startSession } from "./session";
import { startTheme } from "./theme";

const root = document.getElementById("page");
if (root) {
  startTheme();
  startRouter();
  startLists();
  startState();
  watch("language", (tag) => tag && void useLanguage(tag));
  await Promise.all([useLanguage(preferredLanguage()), startSession()]);
  startPasting(mayUse);
  render(<Shell />, root);
  startInstallation();
}
