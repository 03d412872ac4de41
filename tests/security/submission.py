"""Adding many items that a service should refuse, and one look at its lists afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.e2e.api import Api, Record, Reply


@dataclass(frozen=True)
class Submission:
    """What a service answered to each body, and the URLs of all its items after the last one."""

    replies: Mapping[str, Reply]
    item_urls: frozenset[str]


def submit_all(api: Api, bodies: Mapping[str, Record]) -> Submission:
    """Posts the bodies one by one; they go by the names that they have in `bodies`."""
    replies = {name: api.post("/api/history", body) for name, body in bodies.items()}
    return Submission(replies, frozenset(item["url"] for item in [*api.queue(), *_history(api)]))


def _history(api: Api) -> Iterator[Record]:
    """All of the history, page by page."""
    page, has_next = 1, True
    while has_next:
        answer = api.listed("done", page=page, per_page=1000)
        yield from answer["items"]
        page, has_next = page + 1, answer["pagination"]["has_next"]
