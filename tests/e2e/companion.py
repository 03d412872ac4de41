"""Another program that a test needs beside the service: started on a free port, stopped whatever happens."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.e2e.api import Api
from tests.e2e.service import ROOT
from tests.free_port import free_port

_START_SECONDS = 120


@contextlib.contextmanager
def companion(
    command: list[str], environment: Mapping[str, str], log_file: Path, ready: str, *, port: int = 0
) -> Iterator[str]:
    """Runs `command` (`{port}` is filled in) until the block ends; answers its URL once GET `ready` is no 5xx."""
    port = port or free_port()
    base = f"http://127.0.0.1:{port}"
    words = [word.replace("{port}", str(port)) for word in command]
    values = {name: value.replace("{port}", str(port)) for name, value in environment.items()}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            words, cwd=ROOT, env=os.environ | values, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, base, ready, log_file)
            yield base
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: "subprocess.Popen[bytes]", base: str, ready: str, log_file: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            if Api(base).get(ready, timeout=30).status < 500:
                return
        time.sleep(0.05)
    raise AssertionError(f"{process.args!r} does not answer:\n{log_file.read_text(errors='replace')[-4000:]}")
