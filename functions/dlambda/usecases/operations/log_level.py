"""The level of the log, which can be changed while the service runs: for all its processes (system.md 6).

One machine keeps it in a file beside the log, which holds until the service starts again; the cloud in a table's row.
"""

import json
from pathlib import Path
from typing import Final, Protocol

from dlambda.deployment import current, per_deployment
from dlambda.domain.telemetry.log_line import LEVELS
from dlambda.errors import Invalid
from dlambda.store import cache

LEVEL_NAMES: Final = tuple(level.lower() for level in LEVELS)
_FILE: Final = "level.json"
_KEY: Final = "log-level"
_FOREVER_SECONDS: Final = 10 * 365 * 86_400


class LevelStore(Protocol):
    """Where the level is kept that somebody set. `fresh_seconds`: how long a process may go by what it read."""

    fresh_seconds: float

    def find(self) -> str | None:
        """The level; None when nobody set one."""

    def save(self, level: str | None) -> None:
        """Keeps the level; None: nobody set one."""


class FileLevel:
    """A file that all processes of one machine read."""

    fresh_seconds = 1.0

    def __init__(self, path: Path, started_at: float) -> None:
        self._path = path
        self._started_at = started_at

    def find(self) -> str | None:
        """The level that was set since the service started."""
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return document["level"] if document.get("started_at") == self._started_at else None

    def save(self, level: str | None) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"level": level, "started_at": self._started_at}), encoding="utf-8")
        new.replace(self._path)


class TableLevel:
    """A row that all functions read, and all nodes."""

    fresh_seconds = 15.0

    def find(self) -> str | None:
        level: str | None = cache.find(_KEY, current().clock.time())
        return level

    def save(self, level: str | None) -> None:
        cache.put(_KEY, level, current().clock.time() + _FOREVER_SECONDS)


class ProcessLevel:
    """Of this process alone, where nothing is shared."""

    fresh_seconds = 0.0

    def __init__(self) -> None:
        self._level: str | None = None

    def find(self) -> str | None:
        return self._level

    def save(self, level: str | None) -> None:
        self._level = level


@per_deployment
def level_store() -> LevelStore:
    """The implementation for this deployment."""
    if not current().hosting.shares_log_folder:
        return TableLevel()
    settings = current().settings
    return FileLevel(Path(settings.log_dir) / _FILE, settings.started_at) if settings.log_dir else ProcessLevel()


def configured_level() -> str:
    """The level that the settings say, in lower case."""
    settings = current().settings
    return (settings.log_level_file if settings.log_dir else None) or settings.log_level


def active_level() -> str:
    """The level that counts now: the one that somebody set, else that of the settings."""
    level = level_store().find()
    return level if level in LEVEL_NAMES else configured_level()


def set_level(name: str) -> None:
    """Sets the level for all processes. Raises `Invalid` for a name that is none."""
    level = name.strip().lower()
    if level not in LEVEL_NAMES:
        raise Invalid(f"Unknown log level '{name}'. Available levels: {', '.join(LEVEL_NAMES)}.")
    level_store().save(None if level == configured_level() else level)
