"""The log, wherever it lies: files on one machine, CloudWatch Logs in the cloud (docs/contract/system.md 6)."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dlambda.domain.log_line import Wanted
from dlambda.errors import NotFound
from dlambda.settings import get_settings
from dlambda.store import log_files
from dlambda.store.log_files import Place

Entry = dict[str, Any]
Followed = tuple[str, Entry] | None
"""Where one would go on, and what was written; None each time when nothing was."""

_FILE_SECONDS: Final = 0.5
_CLOUD_SECONDS: Final = 2.0


def read_log(skip: int, count: int, wanted: Wanted) -> tuple[list[Entry], bool]:
    """`count` entries behind the `skip` newest, oldest first; and whether there are older ones. Raises `NotFound`."""
    _check_enabled()
    settings = get_settings()
    if settings.log_group:
        from dlambda.aws import log_store  # loads boto3

        return log_store.newest(skip, count, wanted, time.time())
    return log_files.newest(_path(), skip, count, wanted) if settings.log_dir else ([], False)


def follow_log(since: str, wanted: Wanted, seconds: float) -> Iterator[Followed]:
    """What is written from now on, or behind the place that `since` names. Raises `NotFound` at once."""
    _check_enabled()
    if get_settings().log_group:
        return _follow_cloud(since, wanted, seconds)
    if not get_settings().log_dir or not _path().is_file():
        raise NotFound("Log file is not available.")
    return _follow_files(Place.parse(since) or log_files.end_of(_path()), wanted, seconds)


def _check_enabled() -> None:
    if not get_settings().file_logging:
        raise NotFound("File logging is not enabled.")


def _path() -> Path:
    return Path(get_settings().log_dir) / "dlambda.jsonl"


def _follow_files(place: Place, wanted: Wanted, seconds: float) -> Iterator[Followed]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        entries, place = log_files.after(_path(), place)
        for entry in entries:
            if wanted.takes(entry):
                yield str(place), entry
        yield None
        time.sleep(_FILE_SECONDS)


def _follow_cloud(since: str, wanted: Wanted, seconds: float) -> Iterator[Followed]:
    from dlambda.aws import log_store  # loads boto3

    start = int(since) if since.isdecimal() else int(time.time() * 1000)
    end = time.monotonic() + seconds
    seen: set[str] = set()
    while time.monotonic() < end:
        found = [each for each in log_store.since(start, wanted) if each[1]["id"] not in seen]
        for at, entry in found:
            if wanted.takes(entry):
                yield str(at), entry
        start = max([start, *(at for at, _ in found)])
        seen = {entry["id"] for at, entry in found if at == start} | (seen if not found else set())
        yield None
        time.sleep(_CLOUD_SECONDS)
