"""WebSocket: connections come and go, and what their clients say. Also greets, from a queue: no message can be posted
to a connection before its `$connect` has been answered.
"""

from collections.abc import Mapping
from typing import Any

from dlambda.domain.messages.queue_messages import GreetClient
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from events.on_socket import gateway_events


def greet(message: GreetClient, _invocation: Invocation) -> None:
    gateway_events.greet(message.id)


queue_handler = make_queue_handler(Route(GreetClient, greet))


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway's WebSocket events, and the messages of the queue `socket`."""
    return queue_handler(event, context) if "Records" in event else gateway_events.answer(event)
