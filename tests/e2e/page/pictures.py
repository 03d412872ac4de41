"""Pictures of each screen: `python -m tests.e2e.page.pictures [--out FOLDER] [--url http://...] [screen ...]`.

At 360, 768 and 1440 pixels, light and dark, and once from right to left. Without `--url` a service is started for it.
`--readme` takes those of README.md instead, into docs/pictures.
"""

import argparse
import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from local import web_page
from tests.e2e.api import Api
from tests.e2e.page.browser import PHONE, TABLET, WIDE, Windows, chromium
from tests.e2e.page.conftest import SETTINGS
from tests.e2e.page.samples import show
from tests.e2e.page.screens import paths
from tests.e2e.service import ROOT, Service
from tests.origin import Origin

Look = tuple[str, tuple[int, int], Literal["light", "dark"], str]
LOOKS: tuple[Look, ...] = (
    ("360-light", PHONE, "light", "en"),
    ("360-dark", PHONE, "dark", "en"),
    ("768-light", TABLET, "light", "en"),
    ("1440-light", WIDE, "light", "en"),
    ("1440-dark", WIDE, "dark", "en"),
    ("1440-rtl", WIDE, "light", "ar"),
)
_SETTLE_MS = 600
_README = ROOT / "docs" / "pictures"
_WEBP_QUALITY = 80
_ADDRESSES = """https://video.example/watch/night-train
https://video.example/playlist/slow-places
https://radio.example/field-notes/112"""


@contextmanager
def _service(url: str, folder: Path) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with Origin() as origin, Service(folder / "data", SETTINGS) as running:
        for name in ("a/clip-1.mp4", "a/clip-2.mp4", "a/missing.mp4"):
            running.api.fetch(origin.url(name))
        yield running.base


def _take_for_readme(browser: Browser, base: str) -> None:
    """The list of downloads on a screen and on a phone, and the form that adds some."""
    example = Api(base).listed("done")["items"][0]
    names: tuple[tuple[str, str, tuple[int, int], Literal["light", "dark"]], ...] = (
        ("downloads", "/", WIDE, "light"),
        ("phone", "/", PHONE, "dark"),
        ("add", "/new", WIDE, "dark"),
    )
    for name, path, size, scheme in names:
        windows = Windows(browser, base)
        page = windows.open("/new", size=size, scheme=scheme)
        show(page, example)
        page.goto(f"{base}{path}")
        if path == "/new":
            page.get_by_label("Addresses").fill(_ADDRESSES)
            page.get_by_text("Name, cookies and options").click()
        page.wait_for_timeout(3 * _SETTLE_MS)
        shot = page.context.new_cdp_session(page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": _WEBP_QUALITY}
        )
        (_README / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
        print(_README / f"{name}.webp", *windows.problems)
        page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("screens", nargs="*")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "pictures")
    parser.add_argument("--url", default="")
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    web_page.build()
    with (
        tempfile.TemporaryDirectory() as folder,
        _service(options.url, Path(folder)) as base,
        chromium(folder) as browser,
    ):
        if options.readme:
            _README.mkdir(exist_ok=True)
            _take_for_readme(browser, base)
            return
        for name, path in paths().items():
            for look, size, scheme, language in LOOKS if not options.screens or name in options.screens else ():
                windows = Windows(browser, base)
                page = windows.open(path, size=size, scheme=scheme, language=language)
                page.wait_for_timeout(_SETTLE_MS)
                page.screenshot(path=options.out / f"{name}-{look}.png")
                page.context.close()
                print(options.out / f"{name}-{look}.png", *windows.problems)


if __name__ == "__main__":
    main()
