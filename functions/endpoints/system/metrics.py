"""`/metrics`: counters that the functions gathered, and how things stand at this moment, for Prometheus."""

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.items.item import IN_QUEUE, Shelf
from dlambda.domain.messages.queue_messages import QueueName
from dlambda.domain.telemetry.metric import exposition, series
from dlambda.store import nodes
from dlambda.store.items import items, slots
from dlambda.store.orders import orders
from dlambda.usecases.events.measure import metrics as stored_metrics
from dlambda.usecases.operations.check_updates import ytdlp_version

_QUEUES = (
    QueueName.INTAKE,
    QueueName.ENTRIES,
    QueueName.DOWNLOAD,
    QueueName.TASK,
    QueueName.ORDER,
    QueueName.NOTIFY,
    QueueName.FILES,
)
TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics() -> str:
    """Stores the counters of this process, then writes all numbers of the service in Prometheus' text format.

    Raises `NotFound` in the cloud, where CloudWatch has them.
    """
    numbers = stored_metrics().read()
    state = slots.read()
    numbers |= {
        series("queue_items", {"status": status.value}): items.count(Shelf.QUEUE, [status]) for status in IN_QUEUE
    }
    numbers |= {series("queue_messages", {"queue": name.value}): queue.depth(name) for name in _QUEUES}
    numbers |= {
        "history_items": items.count(Shelf.DONE),
        "workers_busy": state.taken,
        "key_tasks_busy": len(orders.read_places()),
        "paused": int(state.paused_at is not None),
        series("info", {"version": current().settings.app_version, "ytdlp": ytdlp_version()}): 1,
    }
    if current().settings.shares_services:
        numbers |= {series("node", {"name": node.name, "roles": ",".join(node.roles)}): 1 for node in nodes.list_()}
    return exposition(numbers)
