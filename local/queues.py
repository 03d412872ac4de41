"""Queues in memory, with SQS' operations.

A message is hidden while somebody works on it, and comes back until it is deleted, or goes to the dead letters. Those
with a `MessageGroupId` have their turns by it (`turns`).

Times are seconds of a monotonic clock, and arguments.
"""

import hashlib
import heapq
import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from local.turns import Turns

Json = dict[str, Any]

_MOST_BATCH = 10
_MOST_GROUP_CHARACTERS = 128
_MOST_BODY_BYTES = 1024 * 1024
_MOST_DELAY_SECONDS = 900
_MOST_VISIBILITY_SECONDS = 43200
_MOST_WAIT_SECONDS = 20
_URL = "http://localhost/000000000000/"
_ARN = "arn:aws:sqs:us-east-1:000000000000:"
_DEFAULTS = {
    "VisibilityTimeout": "30",
    "DelaySeconds": "0",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
}


class Refusal(Exception):
    """A request that is refused, with SQS' code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(slots=True, eq=False)
class Message:
    """A message. `receipt`: of its last receiver, empty while nobody has it. `visible_at`: when it is next seen."""

    body: str
    attributes: Json
    sent_at: float
    visible_at: float
    group: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    first_received_ms: int = 0
    receives: int = 0
    receipt: str = ""

    def view(self) -> Json:
        """The message as its receiver gets it."""
        own = {
            "SenderId": "dlambda",
            "SentTimestamp": str(self.sent_ms),
            "ApproximateReceiveCount": str(self.receives),
            "ApproximateFirstReceiveTimestamp": str(self.first_received_ms),
            **({"MessageGroupId": self.group} if self.group else {}),
        }
        return {
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "MD5OfBody": _sum_of(self.body),
            "Body": self.body,
            "Attributes": own,
            **({"MessageAttributes": self.attributes} if self.attributes else {}),
        }


class Queue:
    """A queue: messages that wait, and those that are hidden until a time (delayed, or with a receiver)."""

    def __init__(self, name: str, attributes: Json) -> None:
        self.name = name
        self.attributes: Json = {**_DEFAULTS, **{key: str(value) for key, value in attributes.items()}}
        self.created = str(int(time.time()))
        self._ready = Turns[Message]()
        self._hidden: list[tuple[float, int, Message]] = []
        self._held: dict[str, Message] = {}
        self._numbers = itertools.count()

    @property
    def visibility(self) -> int:
        return int(self.attributes["VisibilityTimeout"])

    @property
    def redrive(self) -> Json:
        """Where messages go that were received in vain so many times."""
        policy: Json = json.loads(self.attributes.get("RedrivePolicy") or "{}")
        return policy

    def put(self, message: Message, now: float) -> None:
        if message.visible_at > now:
            heapq.heappush(self._hidden, (message.visible_at, next(self._numbers), message))
        else:
            self._ready.put(message)

    def take(self, now: float) -> Message | None:
        """The next message that waits and is not too old, for `hold` or `give_up`."""
        self._reveal(now)
        oldest = now - int(self.attributes["MessageRetentionPeriod"])
        while message := self._ready.take():
            if message.sent_at > oldest:
                return message
            self.give_up(message)
        return None

    def give_up(self, message: Message) -> None:
        """Says that nobody gets a message that was taken."""
        self._ready.end(message)

    def hold(self, message: Message, seconds: float, now: float) -> None:
        """Hides a message that somebody has received."""
        message.receives += 1
        message.first_received_ms = message.first_received_ms or int(time.time() * 1000)
        message.receipt = uuid.uuid4().hex
        self._held[message.receipt] = message
        self._hide(message, now + seconds)

    def change(self, receipt: str, seconds: float, now: float) -> None:
        """Hides a message for another time. Raises `Refusal`."""
        self._reveal(now)
        if receipt not in self._held:
            raise Refusal("MessageNotInflight", "The message is not with a receiver, or this is not its receipt.")
        self._hide(self._held[receipt], now + seconds)

    def delete(self, receipt: str) -> None:
        """The message that the receipt is of; none is no error."""
        if message := self._held.pop(receipt, None):
            self._ready.end(message)
            message.receipt = ""
            message.visible_at = -1.0  # what is in the heap is no longer it

    def purge(self) -> None:
        self._ready = Turns[Message]()
        self._hidden.clear()
        self._held.clear()

    def next_due(self) -> float | None:
        """When a hidden message is seen again."""
        return self._hidden[0][0] if self._hidden else None

    def counts(self, now: float) -> tuple[int, int, int]:
        """How many wait, are with a receiver, are delayed."""
        self._reveal(now)
        hidden = sum(message.visible_at == at for at, _, message in self._hidden)
        return len(self._ready), len(self._held), hidden - len(self._held)

    def _hide(self, message: Message, until: float) -> None:
        message.visible_at = until
        heapq.heappush(self._hidden, (until, next(self._numbers), message))

    def _reveal(self, now: float) -> None:
        """Messages whose time has come wait again. An entry that was put off, or whose message is deleted, is void."""
        while self._hidden and self._hidden[0][0] <= now:
            at, _, message = heapq.heappop(self._hidden)
            if message.visible_at == at:
                if self._held.pop(message.receipt, None):
                    self._ready.end(message)
                message.receipt = ""
                self._ready.put(message)


@dataclass(slots=True, eq=False)
class Wait:
    """A receive that waits for messages until a time."""

    queue: Queue
    until: float
    receive: Callable[[float], list[Json]]

    def take(self, now: float) -> Json | None:
        """The answer; None while there is none."""
        if messages := self.receive(now):
            return {"Messages": messages}
        return {} if now >= self.until else None


class Broker:
    """All queues, and the operations on them."""

    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}
        self._operations: dict[str, Callable[[Json, float], Json | Wait]] = {
            "CreateQueue": self._create,
            "ListQueues": self._list,
            "GetQueueUrl": self._url,
            "GetQueueAttributes": self._attributes,
            "PurgeQueue": self._purge,
            "SendMessage": self._send,
            "SendMessageBatch": lambda body, now: self._each(body, now, self._send),
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": lambda body, now: self._each(body, now, self._delete),
            "ChangeMessageVisibility": self._change,
            "ChangeMessageVisibilityBatch": lambda body, now: self._each(body, now, self._change),
        }

    def do(self, operation: str, body: Json, now: float) -> Json | Wait:
        """The answer to a request. Raises `Refusal`, and `ValueError` for values of other types."""
        if operation not in self._operations:
            raise Refusal("UnsupportedOperation", f"{operation} is not supported.")
        return self._operations[operation](body, now)

    @staticmethod
    def next_due(queues: Iterable[Queue]) -> list[float]:
        """When hidden messages of these queues are seen again."""
        return [due for queue in queues if (due := queue.next_due()) is not None]

    def _queue(self, body: Json) -> Queue:
        name = str(body.get("QueueUrl", "")).rpartition("/")[2]
        if name not in self._queues:
            raise Refusal("QueueDoesNotExist", "The specified queue does not exist.")
        return self._queues[name]

    def _create(self, body: Json, _now: float) -> Json:
        name = str(body.get("QueueName", ""))
        if not name:
            raise Refusal("InvalidParameterValue", "A queue has a name.")
        self._queues.setdefault(name, Queue(name, body.get("Attributes") or {}))
        return {"QueueUrl": _URL + name}

    def _list(self, body: Json, _now: float) -> Json:
        prefix = str(body.get("QueueNamePrefix", ""))
        return {"QueueUrls": [_URL + name for name in self._queues if name.startswith(prefix)]}

    def _url(self, body: Json, _now: float) -> Json:
        return {"QueueUrl": _URL + self._queue({"QueueUrl": body.get("QueueName", "")}).name}

    def _attributes(self, body: Json, now: float) -> Json:
        queue, names = self._queue(body), body.get("AttributeNames") or []
        ready, held, delayed = queue.counts(now)
        attributes = {
            **queue.attributes,
            "QueueArn": _ARN + queue.name,
            "CreatedTimestamp": queue.created,
            "ApproximateNumberOfMessages": str(ready),
            "ApproximateNumberOfMessagesNotVisible": str(held),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
        }
        return {"Attributes": {key: value for key, value in attributes.items() if "All" in names or key in names}}

    def _purge(self, body: Json, _now: float) -> Json:
        self._queue(body).purge()
        return {}

    def _send(self, body: Json, now: float) -> Json:
        queue, text = self._queue(body), body.get("MessageBody")
        if not (isinstance(text, str) and 0 < len(text.encode()) <= _MOST_BODY_BYTES):
            raise Refusal("InvalidParameterValue", "A message has 1 byte to 1 MB of text.")
        delay = _number(body, "DelaySeconds", int(queue.attributes["DelaySeconds"]), _MOST_DELAY_SECONDS)
        group = body.get("MessageGroupId", "")
        if not (isinstance(group, str) and len(group) <= _MOST_GROUP_CHARACTERS):
            raise Refusal("InvalidParameterValue", "A group's name has at most 128 characters.")
        message = Message(text, body.get("MessageAttributes") or {}, now, now + delay, group)
        queue.put(message, now)
        return {"MessageId": message.id, "MD5OfMessageBody": _sum_of(text)}

    def _receive(self, body: Json, now: float) -> Json | Wait:
        queue = self._queue(body)
        most = max(1, _number(body, "MaxNumberOfMessages", 1, _MOST_BATCH))
        seconds = _number(body, "VisibilityTimeout", queue.visibility, _MOST_VISIBILITY_SECONDS)
        own = int(queue.attributes["ReceiveMessageWaitTimeSeconds"])
        wait = _number(body, "WaitTimeSeconds", own, _MOST_WAIT_SECONDS)

        def receive(at: float) -> list[Json]:
            return self._take(queue, most, seconds, at)

        messages = receive(now)
        if not messages and wait:
            return Wait(queue, now + wait, receive)
        return {"Messages": messages} if messages else {}

    def _take(self, queue: Queue, most: int, seconds: int, now: float) -> list[Json]:
        """Messages for a receiver; those that were received in vain too often go to the dead letters."""
        policy = queue.redrive
        views: list[Json] = []
        dead = self._queues.get(str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2])
        while len(views) < most and (message := queue.take(now)):
            if dead and message.receives >= int(policy["maxReceiveCount"]):
                queue.give_up(message)
                message.visible_at = now
                dead.put(message, now)
                continue
            queue.hold(message, seconds, now)
            views.append(message.view())
        return views

    def _delete(self, body: Json, _now: float) -> Json:
        self._queue(body).delete(str(body.get("ReceiptHandle", "")))
        return {}

    def _change(self, body: Json, now: float) -> Json:
        seconds = _number(body, "VisibilityTimeout", 0, _MOST_VISIBILITY_SECONDS)
        self._queue(body).change(str(body.get("ReceiptHandle", "")), seconds, now)
        return {}

    def _each(self, body: Json, now: float, act: Callable[[Json, float], Json]) -> Json:
        """Does one operation on each entry; one that is refused leaves the others."""
        self._queue(body)
        entries = body.get("Entries") or []
        if not 1 <= len(entries) <= _MOST_BATCH:
            raise Refusal("EmptyBatchRequest" if not entries else "TooManyEntriesInBatchRequest", "1 to 10 entries.")
        answer: dict[str, list[Json]] = {"Successful": [], "Failed": []}
        for entry in entries:
            try:
                done = act({"QueueUrl": body["QueueUrl"], **entry}, now)
                answer["Successful"].append({"Id": entry.get("Id"), **done})
            except Refusal as refusal:
                problem = {"SenderFault": True, "Code": refusal.code, "Message": refusal.message}
                answer["Failed"].append({"Id": entry.get("Id"), **problem})
        return answer


def _number(body: Json, name: str, default: int, most: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Refusal("InvalidParameterValue", f"{name} is a number from 0 to {most}.")
    return value


def _sum_of(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
