"""Sessions of the terminal: commands that run on while nobody listens (docs/contract/system.md 5). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from dlambda.errors import Invalid

KEPT_SECONDS: Final = 86_400.0
"""How long a session that ended can be read."""
KILLED: Final = -1
"""The exit code of a command that did not end by itself."""
_PAGE_CHARACTERS: Final = 16_000
_MOST_DIGITS: Final = 12


class SessionStatus(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    COMPLETED = "completed"  # it ended by itself, with whatever exit code
    FAILED = "failed"  # it could not begin, or took too long or wrote too much
    INTERRUPTED = "interrupted"  # it was cancelled, or its worker died


_OPEN: Final = frozenset({SessionStatus.STARTING, SessionStatus.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSession:
    """A command and how far it is; times are unix seconds. `command` is masked. `pages`: how many its output fills."""

    id: str
    command: str
    created_at: float
    status: SessionStatus = SessionStatus.STARTING
    started_at: float | None = None
    finished_at: float | None = None
    exit_code: int | None = None
    last_sequence: int = 0
    pages: int = 0

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def interrupted(self, now: float) -> Self:
        """After the death of its worker."""
        return self.evolve(status=SessionStatus.INTERRUPTED, finished_at=now, exit_code=KILLED)

    def rendered(self) -> dict[str, Any]:
        """JSON-able, for `read`."""
        return asdict(self)

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Self:
        return cls(**{**value, "status": SessionStatus(value["status"])})

    def view(self) -> dict[str, Any]:
        expires_at = self.finished_at + KEPT_SECONDS if self.finished_at is not None else None
        return {
            "session_id": self.id,
            "command": self.command,
            "status": self.status.value,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "expires_at": expires_at,
            "available_until": expires_at,
            "exit_code": self.exit_code,
            "last_sequence": self.last_sequence,
        }


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Something that the command wrote (`output`), or its end (`close`). Numbers count from 1."""

    sequence: int
    event: str
    data: Mapping[str, Any]

    def rendered(self) -> list[Any]:
        return [self.sequence, self.event, dict(self.data)]


@dataclass(slots=True)
class Transcript:
    """Numbers events, and gathers those of the page that is being filled."""

    sequence: int = 0
    page: int = 0
    events: list[SessionEvent] = field(default_factory=list)
    _characters: int = 0

    def add(self, event: str, data: Mapping[str, Any]) -> None:
        self.sequence += 1
        self.events.append(SessionEvent(self.sequence, event, data))
        self._characters += len(str(data.get("line", "")))

    @property
    def is_full(self) -> bool:
        return self._characters >= _PAGE_CHARACTERS

    def turn_page(self) -> None:
        """Begins the next page."""
        self.page += 1
        self.events, self._characters = [], 0


def read_events(page: list[list[Any]], after: int) -> Iterator[SessionEvent]:
    """The events of a stored page behind number `after`."""
    for sequence, event, data in page:
        if sequence > after:
            yield SessionEvent(sequence, event, data)


def read_cursor(*texts: str) -> int:
    """The largest of the numbers that a client has seen; empty texts count for nothing. Raises `Invalid`."""
    numbers = [0]
    for text in filter(None, (text.strip() for text in texts)):
        if not text.isdecimal() or not text.isascii() or len(text) > _MOST_DIGITS:
            raise Invalid("Resume cursor must be a whole number that is not negative.")
        numbers.append(int(text))
    return max(numbers)
