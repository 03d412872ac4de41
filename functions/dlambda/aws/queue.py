"""Queues: a message is a wake-up that names a record; the tables hold the truth (docs/architecture.md, State)."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from dlambda.aws.refusals import TAKES_NO_GROUPS, is_refusal
from dlambda.deployment import current, per_deployment
from dlambda.engine_client import QUEUES, EngineClient, Json

if TYPE_CHECKING:  # who sends has a message; a queue's depth needs none
    from mypy_boto3_sqs import SQSClient

    from dlambda.domain.messages.queue_messages import Message, QueueName

SEND_ERRORS = (ClientError, BotoCoreError)
_BATCH = 10


class _EngineQueues(EngineClient):
    """The queue engine in the place of botocore's client: the operations that are used."""

    def get_queue_url(self, **parameters: Any) -> Json:
        return self.call("GetQueueUrl", parameters)

    def get_queue_attributes(self, **parameters: Any) -> Json:
        return self.call("GetQueueAttributes", parameters)

    def send_message(self, **parameters: Any) -> Json:
        return self.call("SendMessage", parameters)

    def send_message_batch(self, **parameters: Any) -> Json:
        return self.call("SendMessageBatch", parameters)

    def receive_message(self, **parameters: Any) -> Json:
        return self.call("ReceiveMessage", parameters)

    def delete_message(self, **parameters: Any) -> Json:
        return self.call("DeleteMessage", parameters)

    def change_message_visibility(self, **parameters: Any) -> Json:
        return self.call("ChangeMessageVisibility", parameters)

    def change_message_visibility_batch(self, **parameters: Any) -> Json:
        return self.call("ChangeMessageVisibilityBatch", parameters)


@per_deployment
def client() -> "SQSClient":
    """The client of the queues: of the engine of one machine, or of the cloud."""
    if path := current().settings.queues_socket:
        return cast("SQSClient", _EngineQueues(QUEUES, path))
    from botocore.config import Config  # loads botocore, which the engine of one machine does without

    config = Config(max_pool_connections=20, retries={"mode": "standard", "max_attempts": 4})
    sqs: SQSClient = current().client("sqs", config=config)
    return sqs


def queue_url(name: str) -> str:
    """The address of a queue, asked once."""
    urls = _urls()
    if name not in urls:
        urls[name] = client().get_queue_url(QueueName=current().settings.queue_prefix + name)["QueueUrl"]
    return urls[name]


@per_deployment
def _urls() -> dict[str, str]:
    return {}


def send(message: "Message", *, delay_seconds: int = 0) -> None:
    """Sends a message to its queue."""
    _send(message, {"DelaySeconds": delay_seconds})


def _send(message: "Message", parameters: dict[str, Any]) -> None:
    entry: dict[str, Any] = {"QueueUrl": queue_url(message.queue), "MessageBody": message.to_json(), **parameters}
    try:
        client().send_message(**{**entry, **_group_of(message)})
    except ClientError as error:
        if not _group_of(message) or not is_refusal(error, TAKES_NO_GROUPS):
            raise
        _without_groups().add(message.queue)
        client().send_message(**entry)


def send_many(messages: Iterable["Message"]) -> None:
    """Sends messages of one queue, ten a request. What a batch could not take is sent again alone, so that a failure
    is seen.
    """
    remaining = iter(messages)
    while batch := list(islice(remaining, _BATCH)):
        (name,) = {message.queue for message in batch}
        entries = [
            {"Id": str(number), "MessageBody": message.to_json(), **_group_of(message)}
            for number, message in enumerate(batch)
        ]
        try:
            failures = client().send_message_batch(QueueUrl=queue_url(name), Entries=entries).get("Failed", ())  # type: ignore[arg-type]
        except ClientError as error:
            if not is_refusal(error, TAKES_NO_GROUPS):
                raise
            failures = [{"Id": entry["Id"]} for entry in entries]  # type: ignore[typeddict-item]
        for failure in failures:
            _send(batch[int(failure["Id"])], {})


def _group_of(message: "Message") -> dict[str, str]:
    """The parameter by which the groups of a queue have their turns, where the queue knows groups."""
    if not message.group or message.queue in _without_groups():
        return {}
    return {"MessageGroupId": message.group}


@per_deployment
def _without_groups() -> set[str]:
    """Queues that take no groups: SQS' fair queues are of 2025, and others have them since then, or do not."""
    return set()


def depth(name: "QueueName", *, delayed: bool = True) -> int:
    """About how many messages the queue holds, those under way included; `delayed`: also those put off."""
    attributes = client().get_queue_attributes(QueueUrl=queue_url(name), AttributeNames=["All"])["Attributes"]
    return (
        int(attributes.get("ApproximateNumberOfMessages", "0"))
        + int(attributes.get("ApproximateNumberOfMessagesNotVisible", "0"))
        + (int(attributes.get("ApproximateNumberOfMessagesDelayed", "0")) if delayed else 0)
    )
