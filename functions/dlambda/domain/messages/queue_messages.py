"""The messages of the queues, a dataclass each.

A message is a wake-up that names a record; the tables hold the truth (docs/architecture.md, State). Its JSON names its
`type` where its queue carries several.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from dlambda.domain.messages.codec import to_fields


class QueueName(StrEnum):
    """The names of the queues in `template.yaml`, without the deployment's prefix."""

    INTAKE = "intake"
    ENTRIES = "entries"
    DOWNLOAD = "download"
    SOCKET = "socket"
    NOTIFY = "notify"
    NOTIFY_DEAD = "notify-dead"
    TASK = "task"
    SWEEP = "sweep"
    FILES = "files"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Message:
    """The base of all messages. `type` is empty where the queue carries one kind only."""

    queue: ClassVar[QueueName]
    type: ClassVar[str] = ""

    @property
    def group(self) -> str:
        """The group of the message, where the groups of a queue have their turns; else empty."""
        return ""

    def to_json(self) -> str:
        """The body of the queue's message."""
        return json.dumps(({"type": self.type} if self.type else {}) | to_fields(self))


@dataclass(frozen=True, slots=True)
class IntakeItem(Message):
    """Read the page of an item that somebody added.

    `share`: whose it is, of which task, from which site; for the queue, and not in the body.
    """

    queue = QueueName.INTAKE
    id: str
    share: Annotated[str, Field(exclude=True)] = ""

    @property
    def group(self) -> str:
        return self.share


@dataclass(frozen=True, slots=True)
class IntakeEntry(IntakeItem):
    """Read the page of an entry of a playlist or feed: on a queue of its own, so that no add waits behind it."""

    queue = QueueName.ENTRIES


@dataclass(frozen=True, slots=True)
class DownloadItem(Message):
    """Download an item if a slot is free. `passed`: the items that were woken for the same slot and did not take it.

    `awaits_release`: its worker is about to hand it over, and is waited for.
    """

    queue = QueueName.DOWNLOAD
    id: str
    passed: tuple[str, ...] = ()
    awaits_release: bool = False


@dataclass(frozen=True, slots=True)
class GreetClient(Message):
    """Tell a new WebSocket connection its session id."""

    queue = QueueName.SOCKET
    id: str


@dataclass(frozen=True, slots=True)
class Deliver(Message):
    """Try to make a delivery to notification targets."""

    queue = QueueName.NOTIFY
    id: int


@dataclass(frozen=True, slots=True)
class LostDelivery(Message):
    """A delivery that was given up: for people, no function reads it."""

    queue = QueueName.NOTIFY_DEAD
    id: int
    targets: tuple[int, ...]
    event: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunTask(Message):
    """Do the run of a task that was `due` (unix seconds)."""

    queue = QueueName.TASK
    type = "run"
    id: int
    due: int


@dataclass(frozen=True, slots=True)
class BeginSweep(Message):
    """Begin the sweep of feeds that was `due`."""

    queue = QueueName.TASK
    type = "begin_sweep"
    due: int


@dataclass(frozen=True, slots=True)
class ResumeSweep(Message):
    """Send the messages of the sweep of `due` again, since a restart has lost them."""

    queue = QueueName.TASK
    type = "resume_sweep"
    due: int


RETRY_JOB: Final = "retry"
"""The kind of the jobs that `RetryItems` names."""


@dataclass(frozen=True, slots=True)
class RetryItems(Message):
    """Go on with a retry of many items, which is a job."""

    queue = QueueName.TASK
    type = "retry"
    id: str


@dataclass(frozen=True, slots=True)
class SweepTask(Message):
    """Read the feed of a task. `queued`: how many items earlier invocations of the same sweep have queued."""

    queue = QueueName.SWEEP
    id: int
    due: int
    queued: int = 0


@dataclass(frozen=True, slots=True)
class RunJob(Message):
    """Work on a job: files that are moved, a ZIP that is built."""

    queue = QueueName.FILES
    type = "job"
    id: str


@dataclass(frozen=True, slots=True)
class CompareFolder(Message):
    """Compare the index of a folder with the bucket."""

    queue = QueueName.FILES
    type = "folder"
    folder: str


@dataclass(frozen=True, slots=True)
class MakeSegment(Message):
    """Make a segment that somebody will watch next, unless it is later than `until` (unix seconds)."""

    queue = QueueName.FILES
    type = "segment"
    path: str
    index: int
    start: float
    length: float
    video: bool
    audio: bool
    until: float


@dataclass(frozen=True, slots=True)
class RunTerminal(Message):
    """Run a session of the terminal."""

    queue = QueueName.FILES
    type = "terminal"
    id: str


@dataclass(frozen=True, slots=True)
class FulfilOrder(Message):
    """Work on an order of the key API if a place is free.

    `awaits_release`: its worker is about to hand it over, and is waited for.
    """

    queue = QueueName.ORDER
    id: str
    awaits_release: bool = False
