"""WebSocket: connections come and go, and what their clients say. Also greets, from a queue: no message can be posted
to a connection before its `$connect` has been answered.
"""

from collections.abc import Mapping
from typing import Any

from dlambda.entry.logs import set_up_logs
from dlambda.entry.sqs import make_queue_handler
from events.on_socket import gateway_events

set_up_logs()
_greet = make_queue_handler(lambda message, _context: gateway_events.greet(message["id"]))


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway's WebSocket events, and the messages of the queue `socket`."""
    return _greet(event, context) if "Records" in event else gateway_events.answer(event)
