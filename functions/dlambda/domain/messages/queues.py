"""The messages of each queue, and how they are read (a contract test compares `QUEUES` with `template.yaml`).

What waits in a queue survives an upgrade, so the forms that earlier versions sent are read as well.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dlambda.domain.messages.codec import from_fields
from dlambda.domain.messages.queue_messages import (
    BeginSweep,
    CompareFolder,
    Deliver,
    DownloadItem,
    FulfilOrder,
    GreetClient,
    IntakeEntry,
    IntakeItem,
    LostDelivery,
    MakeSegment,
    Message,
    QueueName,
    ResumeSweep,
    RetryItems,
    RunJob,
    RunTask,
    RunTerminal,
    SweepTask,
)
from dlambda.errors import Invalid

MOST_RECEIVES: Final = 5
"""A message that was received so often in vain goes to the dead letters of its queue."""
_LONGEST_WAIT_SECONDS: Final = 60

Fields = Mapping[str, Any]


def _type_task(fields: Fields) -> Fields:
    """Adds the type to a message of the queue `task` that was sent without: id 0 meant the sweep."""
    if str(fields.get("id")) != "0":
        return {**fields, "type": RunTask.type}
    return {**fields, "type": ResumeSweep.type if fields.get("again") else BeginSweep.type}


def _type_files(fields: Fields) -> Fields:
    """Adds the type to a message of the queue `files` that was sent without: its only key told what it is."""
    if "reindex" in fields:
        return {"type": CompareFolder.type, "folder": fields["reindex"]}
    if isinstance(segment := fields.get("segment"), Mapping):
        return {**segment, "type": MakeSegment.type}
    return {**fields, "type": RunJob.type}


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue. `add_type` completes messages of earlier versions, which had no type.

    `visibility_seconds`: how long the cloud hides a message that was received, whether it was handled or not.
    """

    messages: tuple[type[Message], ...]
    dead_letters: str = ""
    visibility_seconds: int = 0
    add_type: Callable[[Fields], Fields] | None = None


QUEUES: Final[Mapping[QueueName, Queue]] = {
    QueueName.INTAKE: Queue((IntakeItem,), "intake-dead", 1800),
    QueueName.ENTRIES: Queue((IntakeEntry,), "entries-dead", 1800),
    QueueName.DOWNLOAD: Queue((DownloadItem,), "download-dead", 5400),
    QueueName.SOCKET: Queue((GreetClient,), "socket-dead", 174),
    QueueName.NOTIFY: Queue((Deliver,), QueueName.NOTIFY_DEAD, 360),
    QueueName.NOTIFY_DEAD: Queue((LostDelivery,)),
    QueueName.TASK: Queue((RunTask, BeginSweep, ResumeSweep, RetryItems), "task-dead", 1800, _type_task),
    QueueName.SWEEP: Queue((SweepTask,), "sweep-dead", 1800),
    QueueName.FILES: Queue((RunJob, CompareFolder, MakeSegment, RunTerminal), "files-dead", 5400, _type_files),
    QueueName.ORDER: Queue((FulfilOrder,), "order-dead", 5400),
}


def wait_seconds(receives: int) -> int:
    """How long one machine hides a message that was received so often and could not be handled."""
    return min(_LONGEST_WAIT_SECONDS, 1 << receives)


def read_message(body: str, kinds: Sequence[type[Message]]) -> Message:
    """The message of a queue's body: one of `kinds`, all of one queue or of one that has no type.

    Raises `Invalid` for what is none of them: the same body would fail each time.
    """
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise Invalid(f"no JSON: {error}") from None
    if not isinstance(fields, Mapping):
        raise Invalid("no JSON object")
    add_type = QUEUES[kinds[0].queue].add_type
    if add_type and "type" not in fields:
        fields = add_type(fields)
    for kind in kinds:
        if not kind.type or kind.type == fields.get("type"):
            return from_fields(kind, fields)
    raise Invalid(f"unknown type of message '{fields.get('type')}'")
