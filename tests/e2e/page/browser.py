"""Windows of a headless Chromium, driven by Playwright; each fails its test for what its console says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.browser.chromium import browser_folder
from tests.patience import PATIENCE_SECONDS

PATIENCE_MS = PATIENCE_SECONDS * 1000
WIDE, TABLET, PHONE = (1440, 900), (768, 1024), (360, 740)
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--mute-audio", "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required", "--disable-background-networking",
    # Nobody but this machine is there.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip
_WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
_AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium(home: str) -> Iterator[Browser]:
    """The browser of the tools; `home` is a folder for what it keeps."""
    place = browser_folder() / "chromium"
    environment: dict[str, str | float | bool] = {
        "HOME": home, "LD_LIBRARY_PATH": str(place / "lib"), "FONTCONFIG_PATH": str(place),
    }  # fmt: skip
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(
            executable_path=place / "chromium", env=environment, args=list(_FLAGS), chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()


class Windows:
    """Opens windows on the service at `base`. `expected` holds texts of console errors that a test provokes."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.base = base
        # Playwright says that it keeps service workers away: what they fetch would be seen by no route of a test.
        self.expected: list[str] = ["blocked by Playwright"]
        self.problems: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def open(
        self,
        path: str = "/",
        *,
        size: tuple[int, int] = WIDE,
        scheme: Literal["light", "dark"] = "light",
        language: str = "en",
        **options: Any,
    ) -> Page:
        """A window of its own on `path`, once the screen is there. A phone's has touch and no mouse."""
        is_phone = size == PHONE
        options.setdefault("service_workers", "block")
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale=language, has_touch=is_phone,
            is_mobile=is_phone, reduced_motion="reduce", **options,
        )  # fmt: skip
        context.add_init_script(_WATCH)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        self.go(page, path)
        return page

    def go(self, page: Page, path: str) -> None:
        """Loads another screen in a window."""
        page.goto(self.base + path)
        page.locator("h1").first.wait_for()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            where = message.location.get("url", "")
            self.problems.append(f"{message.type}: {message.text} {where}".strip())

    def check(self) -> None:
        """Fails for what the windows' consoles said beside `expected` since the last call."""
        problems, self.problems = self.problems, []
        unexpected = [text for text in problems if not any(part in text for part in self.expected)]
        assert unexpected == [], unexpected

    def close(self) -> None:
        """Closes all windows. Fails as `check`."""
        for context in self._contexts:
            context.close()
        self.check()


def check_accessibility(page: Page, *, without: tuple[str, ...] = ()) -> None:
    """Fails for what axe finds in the page as it is now; `without` names rules that are left out."""
    source = (browser_folder() / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    page.evaluate(source)
    options = {
        "runOnly": {"type": "tag", "values": _AXE_RULES},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],  # what is right is described nowhere
    }
    violations = page.evaluate(f"axe.run(document, {json.dumps(options)}).then((results) => results.violations)")
    problems = [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert problems == [], problems
