"""Fixtures of media tests: settings with tools and a scratch folder, and downloads against the origin."""

import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.workers.download import DownloadSpec, Message, Result, Running, start_download
from dlambda.media.workers.extract import extract
from tests.origin import Origin
from tests.origin.media import ffmpeg
from tests.stack import forget_settings

# Where `make` puts npm's; without one the tests run with PyAV, as the service does.
_TOOLS = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or Path(__file__).parents[2] / ".tools" / "bin")
_FFPROBES = str(_TOOLS / "ffprobe")
TITLE = {"outtmpl": {"default": "%(title)s.%(ext)s"}}


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ffmpeg under its own name, and ffprobe where there is one."""
    folder = tmp_path_factory.mktemp("tools")
    (folder / "ffmpeg").symlink_to(ffmpeg())
    for found in (shutil.which("ffprobe"), *glob.glob(_FFPROBES)):
        if found and not (folder / "ffprobe").exists():
            (folder / "ffprobe").symlink_to(Path(found).resolve())
    return folder


@pytest.fixture
def service(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings whose scratch folder is the test's own; answers that folder."""
    monkeypatch.setenv("DLAMBDA_TOOLS_DIR", str(tools))
    monkeypatch.setenv("DLAMBDA_WORK_DIR", str(tmp_path / "work"))
    forget_settings()
    yield tmp_path / "work"
    forget_settings()


@pytest.fixture(scope="session")
def short_film(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The metadata of the origin's `short.mp4`, extracted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLAMBDA_WORK_DIR", str(tmp_path_factory.mktemp("short-film")))
        forget_settings()
        info = extract(origin.url("/short.mp4"), {}, allow_internal=True).info
    forget_settings()
    assert info is not None
    return info


Start = Callable[..., Running]


@pytest.fixture
def start(service: Path) -> Iterator[Start]:
    """Starts a download of a URL of the origin, where names `taken` are in use; what still runs at the end of the test is stopped."""
    started: list[Running] = []

    def begin(url: str, *, item_id: str = "item", params: dict[str, Any] | None = None, **fields: Any) -> Running:
        workdir = fields.pop("workdir", service / "items" / item_id)
        if (taken := fields.pop("taken", None)) is not None:
            fields["claim_name"] = lambda name: name not in taken
        spec = DownloadSpec(
            item_id=item_id, url=url, params={**TITLE, **(params or {})}, workdir=workdir, allow_internal=True, **fields
        )
        started.append(start_download(spec))
        return started[-1]

    yield begin
    for running in started:
        if running.alive:
            running.stop(0)


def follow(running: Running) -> list[Message]:
    """All messages until the end."""
    found: list[Message] = []
    while running.alive:
        found += running.messages(1)
    return found


def finish(running: Running) -> Result:
    """The result; the test fails when a download hangs for a minute."""
    follow(running)
    assert running.result is not None
    return running.result


def wait_for(running: Running, condition: Callable[[], bool], seconds: float = 60) -> None:
    """Listens until `condition` holds."""
    for _ in range(int(seconds / 0.05)):
        if condition() or not running.alive:
            break
        running.messages(0.05)
    assert condition()


def processes_of_group(group: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(name))
    return found
