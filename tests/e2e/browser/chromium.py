"""A headless Chromium with one page, driven through its DevTools protocol."""

import base64
import contextlib
import json
import os
import subprocess
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.e2e.api import Api, wait_until
from tests.e2e.processes import MARK, kill_all, processes_of, wait_gone
from tests.e2e.service import ROOT
from tests.patience import PATIENCE_SECONDS

_START_SECONDS = 120
_PROGRAM = "chromium/chromium"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required", "--window-size=640,432",
    # Nobody but this machine is there.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--no-proxy-server",
)  # fmt: skip


def browser_folder() -> Path:
    """Where `make` puts the browser and what its pages need: beside the other tools."""
    tools = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
    return tools.parent / "browser"


class Chromium:
    """One browser with a profile of its own in `folder`. A context manager: its end is the end of all its processes."""

    def __init__(self, folder: Path) -> None:
        self._profile = folder / "profile"
        self._log_file = folder / "chromium.log"
        self._mark = uuid.uuid4().hex
        self._stack = ExitStack()
        self._socket: ClientConnection | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        self._profile.mkdir()
        place = browser_folder() / "chromium"
        environment = {
            "HOME": str(self._profile), "LD_LIBRARY_PATH": str(place / "lib"), "FONTCONFIG_PATH": str(place),
            MARK: self._mark,
        }  # fmt: skip
        command = [str(browser_folder() / _PROGRAM), *_FLAGS, f"--user-data-dir={self._profile}"]
        log = stack.enter_context(self._log_file.open("wb"))
        process = subprocess.Popen(
            [*command, "--remote-debugging-port=0", "about:blank"], env=environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        stack.callback(self._end, process)
        page = wait_until(lambda: self._page(process), _START_SECONDS, self._log)
        self._socket = stack.enter_context(connect(page, open_timeout=60, proxy=None, max_size=None))

    def _page(self, process: "subprocess.Popen[bytes]") -> str | None:
        """The address of the page's own socket, once there is one."""
        assert process.poll() is None, self._log()
        with contextlib.suppress(OSError, ValueError, StopIteration):  # not written yet, or not to the end
            port = int((self._profile / "DevToolsActivePort").read_text().split("\n")[0])
            pages = Api(f"http://127.0.0.1:{port}").get("/json").json()
            return next(str(page["webSocketDebuggerUrl"]) for page in pages if page["type"] == "page")
        return None

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """Nothing in a profile that goes with the test is worth a gentle end."""
        kill_all(processes_of(self._mark, self._profile))
        process.wait()
        kill_all(wait_gone(self._mark, self._profile, 2))

    def _log(self) -> str:
        return f"the browser does not answer:\n{self._log_file.read_text(errors='replace')[-2000:]}"

    def ask(self, method: str, seconds: float = PATIENCE_SECONDS, **parameters: object) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        assert self._socket
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        end = time.monotonic() + seconds
        while True:
            heard = json.loads(self._socket.recv(timeout=max(end - time.monotonic(), 0.01)))
            if heard.get("id") == self._asked:
                assert "error" not in heard, heard
                result: dict[str, Any] = heard["result"]
                return result

    def evaluate(self, expression: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """The JSON value of a JavaScript expression; of a promise, what it comes to. Raises `TimeoutError`."""
        found = self.ask(
            "Runtime.evaluate", seconds, expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def open(self, url: str, ready: str) -> None:
        """Goes to `url`, and waits until the expression `ready` is true there."""
        self.evaluate("window.isLeft = true")  # else the page before might be taken for it
        self.ask("Page.navigate", url=url)
        wait_until(lambda: self.evaluate(f"!window.isLeft && ({ready})"), 30, lambda: f"{url} never became ready")

    def screenshot(self, path: Path) -> None:
        """What the page looks like now, as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))
