"""The queue engine at its socket: no page is answered, no origin is allowed, its queues are there at once."""

import json

import pytest

from local.engines import SocketConnection
from local.template import STACK
from tests.listening import ATTEMPTS, Attempt, try_at
from tests.stack import Stack, plan

_PAGES = [attempt for attempt in ATTEMPTS if "Origin" in attempt.headers]
_OTHERS = [attempt for attempt in ATTEMPTS if "Origin" not in attempt.headers and "sqs" in attempt.name]


@pytest.mark.parametrize("attempt", _PAGES, ids=lambda attempt: attempt.name)
def test_a_page_is_refused(engines: Stack, attempt: Attempt) -> None:
    reply = try_at(SocketConnection(engines.queues_endpoint, 10), attempt)
    assert reply.status == 403
    assert attempt.taken not in reply.text
    assert "access-control" not in reply.text


@pytest.mark.parametrize("attempt", _OTHERS, ids=lambda attempt: attempt.name)
def test_no_answer_allows_an_origin(engines: Stack, attempt: Attempt) -> None:
    reply = try_at(SocketConnection(engines.queues_endpoint, 10), attempt)
    assert reply.status == 200
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_its_queues_are_those_of_the_template(engines: Stack) -> None:
    attempt = next(each for each in ATTEMPTS if each.name.startswith("sqs ListQueues"))
    reply = try_at(SocketConnection(engines.queues_endpoint, 10), attempt)
    urls = json.loads(reply.text.partition("\n")[2])["QueueUrls"]
    assert {url.rpartition("/")[2] for url in urls} == {f"{STACK}-{queue.name}" for queue in plan().queues}
