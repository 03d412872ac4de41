"""`POST /api/conditions/test` reads a page as its function may in the cloud: docs/contract/rules.md 3."""

from collections.abc import Callable

from tests.functions.calls import Client
from tests.origin import Origin


def test_a_page_is_read_once_for_all_filters(group: Callable[[str], Client], origin: Origin) -> None:
    conditions, url = group("conditions"), origin.url("clip-trial.mp4")
    requests = []
    for condition, passes in (("title=clip-trial", True), ("title=other", False)):
        status, answer = conditions.post("/api/conditions/test", {"url": url, "condition": condition})
        assert (status, answer["status"]) == (200, passes)
        requests.append(sum(count for request, count in origin.counts.items() if "clip-trial" in request))
    assert requests[0] == requests[1]
