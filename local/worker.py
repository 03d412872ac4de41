"""The worker process: functions behind queues, and the minute's ticker."""

import contextlib
import importlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queues import wait_seconds
from dlambda.entry.logs import set_up_logs
from dlambda.node_roles import GATEWAY, SCHEDULER, WORKER
from dlambda.service_absence import find_absence, warn
from dlambda.settings import Settings
from dlambda.store import cache
from dlambda.store.files import jobs
from dlambda.store.items import leases
from dlambda.store.table import TABLE_ERRORS
from dlambda.usecases.operations.nodes import enter
from dlambda.usecases.orders.sweep_orders import wake_orders
from local import nudge, template
from local.context import UNLIMITED_SECONDS, Context
from local.guided import Stopping, wait_for_go
from local.heartbeat import Heartbeat
from local.processes import leave
from local.spare_memory import give_back_at_rest
from local.template import Consumer, Function

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# After a start: when the functions are warm, and when the leases (20 s) that a dead worker held are over.
_EXTRA_TICKS_SECONDS = (2.0, 23.0)
# Short, and extended while a handler runs: what a killed worker held is seen again soon.
_VISIBILITY_SECONDS = 60
_EXTEND_SECONDS = 20.0
_BATCH = 10
_LONG_POLL_SECONDS = 10
# An item waits for their functions; those of other queues are loaded by their first message.
_EARLY_QUEUES = ("intake", "download")
# Live items pass the limit of downloads at once; the next function of a recording waits beside the present one.
_BESIDE_THE_LIMIT = 8
_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Any], Any]


def handler_of(function: Function) -> Handler:
    """The function's entry point, as the cloud would call it."""
    handler: Handler = getattr(importlib.import_module(function.module), function.attribute)
    return handler


def limit_of(consumer: Consumer, settings: Settings) -> int:
    """How many handlers of this queue may run at once."""
    if consumer.concurrency == "MaxWorkers":
        return settings.max_workers + _BESIDE_THE_LIMIT
    if consumer.concurrency == "ExtractInfoConcurrency":
        return settings.extract_info_concurrency
    if consumer.concurrency == "TaskMaxWorkers":
        return settings.task_max_workers + _BESIDE_THE_LIMIT
    return int(consumer.concurrency)


class Poller:
    """Receives from one queue and calls its function in threads."""

    def __init__(self, consumer: Consumer, client: "SQSClient", limit: int, settings: Settings) -> None:
        self._poll_seconds = settings.poll_seconds
        # Of other nodes' messages no nudge tells: the queue answers as soon as one arrives.
        self._wait_seconds = _LONG_POLL_SECONDS if settings.shares_services else 0
        self._limit_seconds = settings.function_seconds or UNLIMITED_SECONDS
        self.name = consumer.queue
        self._consumer = consumer
        self._client = client
        self._url = queue.queue_url(consumer.queue)
        self._handler: Handler | None = None
        self._slots = threading.Semaphore(limit)
        self._threads = ThreadPoolExecutor(limit, f"on-{consumer.queue}")
        self._wake = threading.Event()
        self._loading = threading.Lock()
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._stopped = False

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def run(self) -> None:
        """Polls until stopped: at once after a nudge or a long poll, else every `poll_seconds`."""
        while not self._stopped:
            self._wake.clear()
            began = time.monotonic()
            try:
                while self._receive():
                    pass
            except Exception as error:
                # The engine may be restarting; the next round finds it.
                warn(_log, f"queue {self.name} does not answer", error)
                time.sleep(1)
            # A queue that answers an empty long poll at once has none.
            if not self._wait_seconds or time.monotonic() - began < 1:
                self._wake.wait(self._poll_seconds)

    def _receive(self) -> bool:
        """Sends a receive request; True if there may be more messages."""
        if self._stopped:
            return False
        slots = self._take_slots()
        if not slots:
            self._wake.wait(self._poll_seconds)
            return False
        messages: list[MessageTypeDef] = []
        try:
            messages = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(_BATCH, slots * self._consumer.batch_size),
                WaitTimeSeconds=self._wait_seconds,
                VisibilityTimeout=_VISIBILITY_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
        finally:
            used_slots = self._dispatch(messages)
            for _ in range(slots - used_slots):
                self._slots.release()
        return bool(messages)

    def _take_slots(self) -> int:
        count = 0
        while count < _BATCH and self._slots.acquire(blocking=False):
            count += 1
        return count

    def _dispatch(self, messages: list["MessageTypeDef"]) -> int:
        """Hands the messages to threads, a batch for each; how many threads."""
        size = self._consumer.batch_size
        batches = [messages[start : start + size] for start in range(0, len(messages), size)]
        for batch in batches:
            with self._lock:
                self._held.update(message["ReceiptHandle"] for message in batch)
            self._threads.submit(self._handle, batch)
        return len(batches)

    def _handle(self, batch: list["MessageTypeDef"]) -> None:
        failed = {message["MessageId"] for message in batch}
        try:
            failed = self._invoke(batch)
        except Exception:
            _log.exception("%s failed", self._consumer.function.module)
        finally:
            self._settle(batch, failed)
            self._slots.release()
            self._wake.set()

    def load(self) -> Handler:
        """Imports the function, which the first message would otherwise wait for."""
        with self._loading:
            if self._handler is None:
                self._handler = handler_of(self._consumer.function)
        return self._handler

    def _invoke(self, batch: list["MessageTypeDef"]) -> set[str]:
        """Calls the function; the ids of the messages that it could not handle."""
        answer = self.load()(
            {"Records": [self._record(message) for message in batch]},
            Context(self._consumer.function.name, self._limit_seconds),
        )
        return {failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", ())}

    def _record(self, message: "MessageTypeDef") -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": dict(message.get("Attributes", {})),
            "messageAttributes": dict(message.get("MessageAttributes", {})),
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:local:000000000000:{self.name}",
            "awsRegion": "local",
        }

    def _settle(self, batch: list["MessageTypeDef"], failed: set[str]) -> None:
        """Deletes what is done. What failed comes back soon, and later each time."""
        receipts = [message["ReceiptHandle"] for message in batch if message["MessageId"] not in failed]
        with self._lock:
            self._held.difference_update(message["ReceiptHandle"] for message in batch)
        for receipt in receipts:
            try:
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
            except Exception as error:
                # It comes again; functions are idempotent.
                warn(_log, f"a message of {self.name} could not be deleted", error)
        for message in batch:
            if message["MessageId"] in failed:
                self._put_off(message)

    def _put_off(self, message: "MessageTypeDef") -> None:
        tries = int(message.get("Attributes", {}).get("ApproximateReceiveCount", "1"))
        with contextlib.suppress(Exception):  # it comes back when its visibility ends
            self._client.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=wait_seconds(tries),
            )

    def hold(self, seconds: int) -> None:
        """Keeps what is being handled invisible for `seconds` more; 0 gives it back."""
        with self._lock:
            receipts = sorted(self._held)
        for start in range(0, len(receipts), _BATCH):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for number, receipt in enumerate(receipts[start : start + _BATCH])
            ]
            with contextlib.suppress(Exception):
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


class Worker:
    """All pollers, the ticker, and the ear for nudges. `news`: an engine was started again, look what waited for it."""

    def __init__(self, plan: template.Map, settings: Settings, news: threading.Event) -> None:
        self._plan = plan
        self._pollers = [
            Poller(consumer, queue.client(), limit_of(consumer, settings), settings) for consumer in plan.consumers
        ]
        self._tick_seconds = settings.tick_seconds
        self._roles = settings.roles
        self._is_alone = not settings.shares_services
        self._prefix = settings.queue_prefix
        self.stopping = Stopping()
        self._news = news

    def run(self, listener: socket.socket) -> None:
        """Runs until `stopping` is set."""
        parts: dict[str, Callable[[], None]] = {"nudges": lambda: self._hear(listener)}
        if WORKER in self._roles:
            parts |= {poller.name: poller.run for poller in self._pollers}
            parts |= {"holder": self._hold, "loader": self._load}
        if SCHEDULER in self._roles:
            parts["ticker"] = self._tick
        for name, target in parts.items():
            threading.Thread(target=target, name=name, daemon=True).start()
        self.stopping.wait()
        for poller in self._pollers:
            poller.stop()

    def give_back(self) -> None:
        for poller in self._pollers:
            poller.hold(0)

    def _hear(self, listener: socket.socket) -> None:
        pollers = {self._prefix + poller.name: poller for poller in self._pollers}
        while True:
            if poller := pollers.get(nudge.hear(listener)):
                poller.wake()

    def _load(self) -> None:
        for poller in self._pollers:
            if poller.name in _EARLY_QUEUES:
                poller.load()

    def _hold(self) -> None:
        while not self.stopping.wait(_EXTEND_SECONDS):
            for poller in self._pollers:
                poller.hold(_VISIBILITY_SECONDS)

    def _tick(self) -> None:
        """Each full `tick_seconds`; after a start of a part soon, and when leases of dead workers are over."""
        extra = self._extra_ticks()
        while not self.stopping.is_set():
            now = time.monotonic()
            until_full = self._tick_seconds - time.time() % self._tick_seconds
            until_extra = min((at - now for at in extra), default=until_full)
            if self._news.wait(min(until_full, until_extra)):
                self._news.clear()
                extra = self._extra_ticks()
                continue
            extra = [at for at in extra if at > time.monotonic()]
            if until_extra >= until_full and not self._is_ours(time.time()):
                continue
            for function in self._plan.scheduled:
                try:
                    handler_of(function)({"source": "aws.events"}, Context(function.name, function.timeout_seconds))
                except Exception as error:
                    if find_absence(error):
                        warn(_log, f"{function.module} is tried again in {self._tick_seconds:g} s", error)
                    else:
                        _log.exception("%s failed", function.module)

    def _is_ours(self, now: float) -> bool:
        """True if no other node does this full tick. A round that two do all the same changes nothing twice."""
        if self._is_alone:
            return True
        number = round(now / self._tick_seconds)
        try:
            return cache.claim(f"tick:{number}", now, 2 * self._tick_seconds, current().settings.node)
        except TABLE_ERRORS as error:
            warn(_log, "The tables do not answer the ticker", error)
            return False

    @staticmethod
    def _extra_ticks() -> list[float]:
        return [time.monotonic() + seconds for seconds in _EXTRA_TICKS_SECONDS]


def _begin(settings: Settings, news: threading.Event) -> None:
    """Releases what an earlier worker of this node had; other nodes keep theirs."""
    node = settings.node if settings.shares_services else ""
    if settings.shares_services:
        speaks = GATEWAY not in settings.roles
        if speaks:
            enter()
        on_silent = news.set if SCHEDULER in settings.roles else None
        Heartbeat(speaks=speaks, on_forgotten=news.set, on_silent=on_silent).start()
    if WORKER in settings.roles:
        leases.release_all(node)
        jobs.release_all(time.time(), node)
    if SCHEDULER in settings.roles:
        # Recordings do not wait for the first tick: a stream keeps its last seconds only.
        wake_orders(time.time())


def main() -> None:
    """Works until SIGTERM."""
    settings = current().settings
    set_up_logs()
    plan = template.read()
    listener = nudge.listen(os.environ["DLAMBDA_NUDGE_SOCKET"])
    news = threading.Event()
    wait_for_go(news.set)
    nudge.watch_sends()
    worker = Worker(plan, settings, news)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    _begin(settings, news)
    give_back_at_rest()
    worker.run(listener)
    worker.give_back()
    # What handlers were at goes on from the tables.
    leave()
