"""yt-dlp's command line for somebody at a console; what it downloads goes where all files lie (system.md 5)."""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import is_partial
from dlambda.domain.paths.paths import object_key
from dlambda.domain.system.terminal import Command, read_terminal_command
from dlambda.media.workers.terminal import Exit, Line, run_terminal
from dlambda.usecases.files.folders import join, note_files
from dlambda.usecases.operations.cookie_files import cookie_folder, copy_cookie_file
from dlambda.usecases.rules.input_rules import input_rules

_LONGEST_SECONDS: Final = 3600.0
_MOST_BYTES: Final = 10 * 1024 * 1024
_OLD_SECONDS: Final = 2 * _LONGEST_SECONDS
_COOKIES: Final = "cookies.txt"


def read_command(text: str) -> Command:
    """Raises `Invalid` for options that are not allowed."""
    return read_terminal_command(text, rules=input_rules(), cookie_folder=str(cookie_folder()))


def run(command: Command, *, seconds: float) -> Generator[Line | Exit | None, None, None]:
    """The output as it comes, then an `Exit`; None when no line came, at least each second. Closing it ends the
    command, and so do `seconds`, or an hour.
    """
    place = _new_folder()
    try:
        words = command.words
        if command.cookies and copy_cookie_file(command.cookies, place / _COOKIES):
            words = ("--cookies", _COOKIES, *words)
        for output in run_terminal(words, place, seconds=min(_LONGEST_SECONDS, seconds), most_bytes=_MOST_BYTES):
            if isinstance(output, Exit):
                yield from _keep(place, command.folder)
            yield output
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _new_folder() -> Path:
    """A folder of its own; those that a killed process left are removed."""
    parent = current().settings.scratch / "terminal"
    parent.mkdir(parents=True, exist_ok=True)
    for path in parent.iterdir():
        if path.stat().st_mtime < current().clock.time() - _OLD_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=parent))


def _keep(place: Path, folder: str) -> Iterator[Line]:
    """Uploads the finished files; none replaces one that is there."""
    paths: list[str] = []
    for path in sorted(place.rglob("*")):
        name = path.relative_to(place).as_posix()
        is_result = path.is_file() and not path.is_symlink() and name != _COOKIES
        if not is_result or is_partial(path.name) or path.suffix == ".part":
            continue
        target = join(folder, name)
        if bucket.find(object_key(target)) is not None:
            yield Line(f"[dlambda] {target} is there already and stays as it is", "stderr")
            continue
        bucket.put_file(path, object_key(target), content_type(name))
        paths.append(target)
        yield Line(f"[dlambda] Kept as {target}")
    note_files(paths)
