"""Queues in memory, in a time of their own."""

from typing import Any

import pytest

from local.queues import Broker, Refusal, Wait

DEAD = {"QueueName": "q-dead", "Attributes": {"VisibilityTimeout": "30"}}
QUEUE = {
    "QueueName": "q",
    "Attributes": {
        "VisibilityTimeout": "60",
        "RedrivePolicy": '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:q-dead", "maxReceiveCount": 2}',
    },
}


class Clock:
    """A broker with two queues, and its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.broker = Broker()
        for definition in (DEAD, QUEUE):
            self.broker.do("CreateQueue", definition, self.now)

    def do(self, operation: str, queue: str = "q", **body: Any) -> Any:
        return self.broker.do(operation, {"QueueUrl": f"http://localhost/0/{queue}", **body}, self.now)

    def bodies(self, queue: str = "q", **body: Any) -> list[str]:
        return [
            message["Body"]
            for message in self.do("ReceiveMessage", queue, MaxNumberOfMessages=10, **body).get("Messages", [])
        ]

    def receipt(self) -> str:
        receipt: str = self.do("ReceiveMessage")["Messages"][0]["ReceiptHandle"]
        return receipt


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_messages_come_in_their_order_and_are_hidden_then(clock: Clock) -> None:
    for body in "abc":
        clock.do("SendMessage", MessageBody=body)
    assert clock.bodies() == ["a", "b", "c"]
    assert clock.bodies() == []
    clock.now += 61
    assert clock.bodies() == ["a", "b", "c"]


def test_what_is_deleted_does_not_come_back(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a")
    receipt = clock.receipt()
    clock.do("DeleteMessage", ReceiptHandle=receipt)
    clock.do("DeleteMessage", ReceiptHandle=receipt)  # no error
    clock.now += 600
    assert clock.bodies() == []


def test_an_old_receipt_deletes_nothing(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a")
    old = clock.receipt()
    clock.now += 61
    clock.receipt()
    clock.do("DeleteMessage", ReceiptHandle=old)
    with pytest.raises(Refusal):
        clock.do("ChangeMessageVisibility", ReceiptHandle=old, VisibilityTimeout=5)
    assert (
        clock.do("GetQueueAttributes", AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesNotVisible"]
        == "1"
    )


def test_a_message_is_held_longer_or_given_back(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a")
    receipt = clock.receipt()
    clock.now += 50
    clock.do("ChangeMessageVisibility", ReceiptHandle=receipt, VisibilityTimeout=60)
    clock.now += 50
    assert clock.bodies() == []
    clock.do("ChangeMessageVisibility", ReceiptHandle=receipt, VisibilityTimeout=0)
    assert clock.bodies() == ["a"]


def test_a_delayed_message_is_seen_when_its_time_has_come(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a", DelaySeconds=10)
    counts = clock.do("GetQueueAttributes", AttributeNames=["All"])["Attributes"]
    assert (counts["ApproximateNumberOfMessagesDelayed"], counts["ApproximateNumberOfMessages"]) == ("1", "0")
    assert clock.bodies() == []
    clock.now += 10
    assert clock.bodies() == ["a"]


def test_what_was_received_in_vain_goes_to_the_dead_letters(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a")
    for _ in range(2):
        assert clock.bodies(VisibilityTimeout=1) == ["a"]
        clock.now += 2
    assert clock.bodies() == []
    assert clock.bodies("q-dead") == ["a"]


def test_a_receive_waits_for_a_message(clock: Clock) -> None:
    wait = clock.do("ReceiveMessage", WaitTimeSeconds=20)
    assert isinstance(wait, Wait)
    assert wait.take(clock.now) is None
    clock.do("SendMessage", MessageBody="a")
    answer = wait.take(clock.now)
    assert answer
    assert answer["Messages"][0]["Body"] == "a"
    late = clock.do("ReceiveMessage", WaitTimeSeconds=20)
    assert late.take(clock.now + 20) == {}


def test_each_entry_of_a_batch_stands_for_itself(clock: Clock) -> None:
    entries = [{"Id": "0", "MessageBody": "a"}, {"Id": "1", "MessageBody": ""}, {"Id": "2", "MessageBody": "b"}]
    answer = clock.do("SendMessageBatch", Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "2"]
    assert [entry["Id"] for entry in answer["Failed"]] == ["1"]
    assert clock.bodies() == ["a", "b"]


def test_messages_that_nobody_fetched_for_days_are_gone(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a")
    clock.now += 345_601
    assert clock.bodies() == []


def test_a_purge_leaves_nothing(clock: Clock) -> None:
    clock.do("SendMessage", MessageBody="a")
    clock.do("SendMessage", MessageBody="b", DelaySeconds=5)
    clock.receipt()
    clock.do("PurgeQueue")
    clock.now += 100
    assert clock.bodies() == []


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("SendMessage", {"MessageBody": ""}, "InvalidParameterValue"),
        ("SendMessage", {"MessageBody": 5}, "InvalidParameterValue"),
        ("SendMessage", {"MessageBody": "a", "DelaySeconds": 901}, "InvalidParameterValue"),
        ("ReceiveMessage", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("ReceiveMessage", {"QueueUrl": "http://localhost/0/none"}, "QueueDoesNotExist"),
        ("SendMessageBatch", {"Entries": []}, "EmptyBatchRequest"),
        ("AddPermission", {}, "UnsupportedOperation"),
    ],
)
def test_what_is_wrong_is_refused(clock: Clock, operation: str, body: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        clock.do(operation, **body)
    assert refusal.value.code == code


def fill(clock: Clock, groups: list[tuple[str, int]]) -> None:
    """Sends messages of groups, each named after its group."""
    for group, count in groups:
        for _ in range(count):
            clock.do("SendMessage", MessageBody=group, MessageGroupId=group)


def receive(clock: Clock) -> tuple[str, str]:
    """The group and the receipt of the next message."""
    [message] = clock.do("ReceiveMessage")["Messages"]
    assert message["Attributes"]["MessageGroupId"] == message["Body"]
    return message["Body"], message["ReceiptHandle"]


@pytest.mark.parametrize(
    ("groups", "order"),
    [
        pytest.param([("anna", 5000), ("ben", 1)], ["anna", "ben", "anna"], id="one behind thousands of another user"),
        pytest.param(
            [("anna#1", 50), ("anna#2", 2), ("ben", 2)],
            ["anna#1", "ben", "anna#2", "ben", "anna#1", "anna#2", "anna#1"],
            id="a user's tasks share its turns",
        ),
        pytest.param(
            [("##one", 50), ("##two", 2)], ["##one", "##two", "##one", "##two", "##one"], id="a task's sites share its"
        ),
    ],
)
def test_groups_have_their_turns(clock: Clock, groups: list[tuple[str, int]], order: list[str]) -> None:
    fill(clock, groups)
    assert [receive(clock)[0] for _ in order] == order


def test_who_has_fewer_under_way_is_next(clock: Clock) -> None:
    fill(clock, [("anna", 9)])
    first, *_ = [receive(clock)[1] for _ in range(3)]
    fill(clock, [("ben", 9)])
    assert [receive(clock)[0] for _ in range(4)] == ["ben", "ben", "ben", "anna"]
    clock.do("DeleteMessage", ReceiptHandle=first)
    clock.now += 61  # all come back, and nobody has any of them
    assert sorted(receive(clock)[0] for _ in range(4)) == ["anna", "anna", "ben", "ben"]
    clock.do("PurgeQueue")
    fill(clock, [("anna", 2), ("ben", 2)])
    assert [receive(clock)[0] for _ in range(4)] == ["anna", "ben", "anna", "ben"]


def test_one_that_goes_to_the_dead_letters_is_under_way_no_more(clock: Clock) -> None:
    fill(clock, [("anna", 1)])
    for _ in range(2):
        assert clock.bodies(VisibilityTimeout=1) == ["anna"]
        clock.now += 2
    assert clock.bodies() == []
    fill(clock, [("anna", 1), ("ben", 1)])
    assert clock.bodies() == ["anna", "ben"]
