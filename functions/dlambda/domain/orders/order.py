"""An order: one file that the holder of an API key asked for; "task" in the words of docs/contract/hostapi.md.

It waits, is worked on, and ends as completed or error, always. It expires with its file, and is in no history.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

ID_LENGTH = 16
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
INFO_FILE = "info.json"


class OrderFailed(Exception):
    """Ends an order as an error; the text is for its owner."""


class Kind(StrEnum):
    """`task_type` in answers, and the path of the call that makes one."""

    GET_VIDEO = "get_video"
    GET_AUDIO = "get_audio"
    GET_LIVE_VIDEO = "get_live_video"
    GET_LIVE_AUDIO = "get_live_audio"
    GET_INFO = "get_info"

    @property
    def is_live(self) -> bool:
        return self in {Kind.GET_LIVE_VIDEO, Kind.GET_LIVE_AUDIO}

    @property
    def has_video(self) -> bool:
        return self in {Kind.GET_VIDEO, Kind.GET_LIVE_VIDEO}

    @property
    def stem(self) -> str:
        """The name of its file without extension."""
        return self.value.removeprefix("get_")


class State(StrEnum):
    """`status` in answers."""

    WAITING = "waiting"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Order:
    """`owner` is the id of the key, `options` what was asked for with defaults filled in. Unix seconds.

    `starts` counts the workers that began it since it last came further; `warnings` say what the file lacks.
    """

    id: str
    kind: Kind
    url: str
    owner: str
    key_name: str
    created_at: float
    options: Mapping[str, Any] = field(default_factory=dict)
    state: State = State.WAITING
    starts: int = 0
    ended_at: float = 0.0
    file: str | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.state in {State.COMPLETED, State.ERROR}

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def started(self) -> Self:
        return replace(self, state=State.PROCESSING, starts=self.starts + 1)

    def completed(self, file: str, now: float, warnings: Sequence[str] = ()) -> Self:
        return replace(self, state=State.COMPLETED, file=file, ended_at=now, warnings=tuple(warnings))

    def failed(self, error: str, now: float) -> Self:
        return replace(self, state=State.ERROR, error=error, ended_at=now)

    def is_over(self, now: float, keep_seconds: float) -> bool:
        """True if its time is up, with or without its file being gone already."""
        return self.has_ended and now >= self.ended_at + keep_seconds

    def view(self, progress: float | None = None) -> dict[str, Any]:
        """The answer of `/status`."""
        answer: dict[str, Any] = {
            "status": self.state.value,
            "task_type": self.kind.value,
            "url": self.url,
            **self.options,
            "key_name": self.key_name,
        }
        if self.state is State.PROCESSING and progress is not None:
            answer["progress"] = progress
        if self.has_ended:
            answer["completed_time"] = datetime.fromtimestamp(self.ended_at, UTC).isoformat(timespec="milliseconds")
        if self.file:
            answer["file"] = f"/files/{self.id}/{self.file}"
        if self.error is not None:
            answer["error"] = self.error
        if self.warnings:
            answer["warnings"] = list(self.warnings)
        return answer


def make_id(choose: Callable[[str], str]) -> str:
    """16 letters and digits, 95 bits when `choose` picks evenly (`secrets.choice`)."""
    return "".join(choose(_ALPHABET) for _ in range(ID_LENGTH))


def is_id(text: str) -> bool:
    return len(text) == ID_LENGTH and all(sign in _ALPHABET for sign in text)
