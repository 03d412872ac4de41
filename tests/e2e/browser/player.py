"""A page with hls.js in a real browser, as a test uses it (page.html, player.js)."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.e2e.api import wait_until
from tests.e2e.browser.chromium import Chromium, browser_folder
from tests.e2e.browser.film import RATE

_HERE = Path(__file__).parent
_LIBRARY = "node_modules/hls.js/dist/hls.min.js"
_LONGEST_SECONDS = 60


class _Handler(SimpleHTTPRequestHandler):
    """The files of this folder, and the library."""

    def translate_path(self, path: str) -> str:
        return str(browser_folder() / _LIBRARY) if path == "/hls.js" else super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def page_server() -> Iterator[str]:
    """Serves the page from a port, hence an origin, of its own; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(_HERE)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Player:
    """The page's player. Times are seconds of the film."""

    browser: Chromium

    def _do(self, call: str) -> Any:
        try:
            return self.browser.evaluate(f"player.{call}", _LONGEST_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{call} took more than {_LONGEST_SECONDS} s: {self.state()}") from None

    def load(self, playlist: str) -> float:
        """Loads a master playlist and begins to play, as a page with `autoplay` does; gives the film's length."""
        return float(self._do(f"load({json.dumps(playlist)})"))

    def play_to(self, end: float) -> list[tuple[float, int]]:
        """Plays on to `end`. What was shown so far: the time that the browser says, the frame's number."""
        return [(time, frame) for time, frame in self._do(f"playTo({end})") if frame is not None]

    def show_subtitles(self) -> list[str]:
        """Switches the first of the film's subtitles on; the names of all."""
        names: list[str] = self._do("showSubtitles()")
        return names

    def wait_for_cue(self, start: float, text: str) -> None:
        """Waits until this subtitle is shown, which begins at `start`, and no other."""
        wait_until(lambda: self._has_cue(start, text), 10, lambda: f"no {text!r} since {start} s: {self.state()}")

    def _has_cue(self, start: float, text: str) -> bool:
        cues = self.state()["cues"]
        return len(cues) == 1 and abs(cues[0][0] - start) < 0.001 and cues[0][1] == text

    def seek(self, seconds: float) -> None:
        """Goes there, and waits for the frame of that time: fails when another one stays."""
        self._do(f"seek({seconds})")
        wait_until(lambda: self._shows(seconds), 10, lambda: f"no frame of {seconds} s: {self.state()}")

    def _shows(self, seconds: float) -> bool:
        frame = self.state()["frame"]
        return frame is not None and abs(frame - seconds * RATE) <= 1

    def state(self) -> dict[str, Any]:
        """What player.js says of itself."""
        found: dict[str, Any] = self._do("state()")
        return found

    def problems(self) -> list[str]:
        """What hls.js complained of so far, fatal or not."""
        return [f"{each['details']}: {each['reason']} at {each['at']:.3f} s" for each in self.state()["problems"]]
