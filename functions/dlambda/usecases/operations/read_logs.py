"""The log, wherever it lies: files on one machine, CloudWatch Logs in the cloud (docs/contract/system.md 6)."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dlambda.aws import log_files
from dlambda.aws.log_files import Place
from dlambda.domain.telemetry.log_line import Wanted
from dlambda.errors import NotFound
from dlambda.settings import get_settings

Entry = dict[str, Any]
Followed = tuple[str, Entry] | None
"""Where one would go on, and what was written; None each time when nothing was."""

_FILE_SECONDS: Final = 0.5
_CLOUD_SECONDS: Final = 2.0


def read_log(skip: int, count: int, query: Wanted) -> tuple[list[Entry], bool]:
    """`count` entries behind the `skip` newest, oldest first; and whether there are older ones. Raises `NotFound`."""
    _check_enabled()
    settings = get_settings()
    if settings.log_group:
        from dlambda.aws import log_store  # loads boto3

        return log_store.newest(skip, count, query, time.time())
    return log_files.newest(_path(), skip, count, query) if settings.log_dir else ([], False)


def follow_log(since: str, query: Wanted, seconds: float) -> Iterator[Followed]:
    """Lines written from now on, or behind the place that `since` names. Raises `NotFound` at once."""
    _check_enabled()
    if get_settings().log_group:
        return _follow_cloud(since, query, seconds)
    if not get_settings().log_dir or not _path().is_file():
        raise NotFound("Log file is not available.")
    return _follow_files(Place.parse(since) or log_files.end_of(_path()), query, seconds)


def _check_enabled() -> None:
    if not get_settings().file_logging:
        raise NotFound("File logging is not enabled.")


def _path() -> Path:
    return Path(get_settings().log_dir) / "dlambda.jsonl"


def _follow_files(place: Place, query: Wanted, seconds: float) -> Iterator[Followed]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        entries, place = log_files.after(_path(), place)
        for entry in entries:
            if query.takes(entry):
                yield str(place), entry
        yield None
        time.sleep(_FILE_SECONDS)


def _follow_cloud(since: str, query: Wanted, seconds: float) -> Iterator[Followed]:
    from dlambda.aws import log_store  # loads boto3

    start = int(since) if since.isdecimal() else int(time.time() * 1000)
    end = time.monotonic() + seconds
    last_ids: set[str] = set()
    while time.monotonic() < end:
        rows = [row for row in log_store.since(start, query) if row[1]["id"] not in last_ids]
        for at, entry in rows:
            if query.takes(entry):
                yield str(at), entry
        start = max([start, *(at for at, _ in rows)])
        last_ids = {entry["id"] for at, entry in rows if at == start} | (last_ids if not rows else set())
        yield None
        time.sleep(_CLOUD_SECONDS)
