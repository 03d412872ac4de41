"""The log, wherever it lies: files on one machine, CloudWatch Logs in the cloud (docs/contract/system.md 6)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from dlambda.aws import log_files
from dlambda.aws.log_files import Place
from dlambda.deployment import current
from dlambda.domain.telemetry.log_line import LOG_FILE, Wanted
from dlambda.errors import NotFound

Entry = dict[str, Any]
Followed = tuple[str, Entry] | None
"""Where one would go on, and what was written; None each time when nothing was."""

# The published status, with the word of the newest API for what is off.
_OFF: Final = {"code": "FEATURE_DISABLED", "params": {"feature": "api.features.fileLogging"}}
_FILE_SECONDS: Final = 0.5
_CLOUD_SECONDS: Final = 2.0


def read_log(skip: int, count: int, query: Wanted) -> tuple[list[Entry], bool]:
    """`count` entries behind the `skip` newest, oldest first; and whether there are older ones. Raises `NotFound`."""
    _check_enabled()
    return _log_store().newest(skip, count, query)


def follow_log(since: str, query: Wanted, seconds: float) -> Iterator[Followed]:
    """Lines written from now on, or behind the place that `since` names. Raises `NotFound` at once."""
    _check_enabled()
    return _log_store().follow(since, query, seconds)


def _check_enabled() -> None:
    if not current().settings.file_logging:
        raise NotFound("File logging is not enabled.", extra=_OFF)


class LogStore(Protocol):
    """Where the log's lines are."""

    def newest(self, skip: int, count: int, query: Wanted) -> tuple[list[Entry], bool]:
        """As `read_log`."""

    def follow(self, since: str, query: Wanted, seconds: float) -> Iterator[Followed]:
        """As `follow_log`."""


class NoLog:
    """The service logs to standard output alone."""

    def newest(self, *_: object) -> tuple[list[Entry], bool]:
        return [], False

    def follow(self, *_: object) -> Iterator[Followed]:
        raise NotFound("Log file is not available.")


class FileLog:
    """Files of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, skip: int, count: int, query: Wanted) -> tuple[list[Entry], bool]:
        return log_files.newest(self._path, skip, count, query)

    def follow(self, since: str, query: Wanted, seconds: float) -> Iterator[Followed]:
        if not self._path.is_file():
            raise NotFound("Log file is not available.")
        return self._lines(Place.parse(since) or log_files.end_of(self._path), query, seconds)

    def _lines(self, place: Place, query: Wanted, seconds: float) -> Iterator[Followed]:
        clock = current().clock
        end = clock.monotonic() + seconds
        while clock.monotonic() < end:
            entries, place = log_files.after(self._path, place)
            for entry in entries:
                if query.takes(entry):
                    yield str(place), entry
            yield None
            clock.sleep(_FILE_SECONDS)


class CloudLog:
    """A log group of CloudWatch."""

    def newest(self, skip: int, count: int, query: Wanted) -> tuple[list[Entry], bool]:
        from dlambda.aws import log_store  # loads boto3

        return log_store.newest(skip, count, query, current().clock.time())

    def follow(self, since: str, query: Wanted, seconds: float) -> Iterator[Followed]:
        from dlambda.aws import log_store  # loads boto3

        clock = current().clock
        start = int(since) if since.isdecimal() else int(clock.time() * 1000)
        end = clock.monotonic() + seconds
        last_ids: set[str] = set()
        while clock.monotonic() < end:
            rows = [row for row in log_store.since(start, query) if row[1]["id"] not in last_ids]
            for at, entry in rows:
                if query.takes(entry):
                    yield str(at), entry
            start = max([start, *(at for at, _ in rows)])
            last_ids = {entry["id"] for at, entry in rows if at == start} | (last_ids if not rows else set())
            yield None
            clock.sleep(_CLOUD_SECONDS)


def _log_store() -> LogStore:
    """The implementation for this deployment."""
    if current().hosting.log_group:
        return CloudLog()
    log_dir = current().settings.log_dir
    return FileLog(Path(log_dir) / LOG_FILE) if log_dir else NoLog()
