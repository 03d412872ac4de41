"""The registry of queues and messages says what `template.yaml` and the event functions say."""

from importlib import import_module

import pytest

from dlambda.domain.messages.queue_messages import QueueName
from dlambda.domain.messages.queues import MOST_RECEIVES, QUEUES
from dlambda.entry.sqs import QueueHandler
from local import template
from local.template import Consumer

PLAN = template.read()


def test_the_template_has_each_queue_with_its_dead_letters() -> None:
    deployed = {queue.name: queue.dead_letters for queue in PLAN.queues}
    assert {name: queue.dead_letters for name, queue in QUEUES.items() if queue.dead_letters} == {
        name: dead_letters for name, dead_letters in deployed.items() if dead_letters
    }
    assert set(QUEUES) == set(QueueName)
    assert set(QueueName) <= set(deployed)


@pytest.mark.parametrize(
    "deployed", [queue for queue in PLAN.queues if queue.dead_letters], ids=lambda queue: queue.name
)
def test_a_queue_sends_again_when_and_as_often_as_the_log_says(deployed: template.Queue) -> None:
    assert QUEUES[QueueName(deployed.name)].visibility_seconds == deployed.visibility_seconds
    assert deployed.max_receives == MOST_RECEIVES


@pytest.mark.parametrize("consumer", PLAN.consumers, ids=lambda consumer: consumer.queue)
def test_a_queues_function_handles_the_messages_of_the_queue_alone(consumer: Consumer) -> None:
    module = import_module(consumer.function.module)
    (handler,) = (value for value in vars(module).values() if isinstance(value, QueueHandler))
    for kind in QUEUES[QueueName(consumer.queue)].messages:
        assert any(issubclass(kind, handled) for handled in handler.kinds)
    for handled in handler.kinds:
        assert handled in QUEUES[handled.queue].messages
        assert handled.queue in {other.queue for other in PLAN.consumers if other.function == consumer.function}
