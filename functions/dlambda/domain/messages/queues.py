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
    """A queue. `add_type` completes messages of earlier versions, which had no type."""

    messages: tuple[type[Message], ...]
    dead_letters: str = ""
    add_type: Callable[[Fields], Fields] | None = None


QUEUES: Final[Mapping[QueueName, Queue]] = {
    QueueName.INTAKE: Queue((IntakeItem,), "intake-dead"),
    QueueName.ENTRIES: Queue((IntakeEntry,), "entries-dead"),
    QueueName.DOWNLOAD: Queue((DownloadItem,), "download-dead"),
    QueueName.SOCKET: Queue((GreetClient,), "socket-dead"),
    QueueName.NOTIFY: Queue((Deliver,), QueueName.NOTIFY_DEAD),
    QueueName.NOTIFY_DEAD: Queue((LostDelivery,)),
    QueueName.TASK: Queue((RunTask, BeginSweep, ResumeSweep, RetryItems), "task-dead", _type_task),
    QueueName.SWEEP: Queue((SweepTask,), "sweep-dead"),
    QueueName.FILES: Queue((RunJob, CompareFolder, MakeSegment, RunTerminal), "files-dead", _type_files),
    QueueName.ORDER: Queue((FulfilOrder,), "order-dead"),
}


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
