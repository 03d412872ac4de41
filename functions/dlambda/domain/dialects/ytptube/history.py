"""`/api/history*` as ytptube answers it (docs/contract/dialects.md 3). Errors pass where no function says otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dlambda.domain.dialects.dialect import Answer, Asked
from dlambda.domain.dialects.ytptube.items import item, queue
from dlambda.errors import Invalid

# What the root says where it and ytptube answer one fault with different statuses.
_NO_ARCHIVE: Final = "does not have an archive file."
_NOT_ARCHIVED: Final = "not archived."


def list_query(query: Mapping[str, str]) -> Mapping[str, str]:
    """Asks for the queue where no `type` is named. Raises `Invalid` for `all`, which it does not know."""
    kind = query.get("type", "queue").strip().lower()
    if kind not in {"queue", "done"}:
        raise Invalid("type must be one of done, queue.")
    return {**query, "type": kind}


def listed(_: Asked, answer: Answer) -> Answer:
    """Translates a page of items."""
    if answer.status != 200:
        return answer
    return replace(answer, body={**answer.body, "items": [item(view) for view in answer.body["items"]]})


def live(_: Asked, answer: Answer) -> Answer:
    """Translates the items of the queue."""
    if answer.status != 200:
        return answer
    return replace(answer, body={**answer.body, "queue": queue(answer.body["queue"].values())})


def added(asked: Asked, answer: Answer) -> Answer:
    """Answers an add with 202 and an object; with `sync=true` the root's array stays."""
    if answer.status != 200 or asked.query.get("sync", "").lower() == "true":
        return answer
    outcomes: list[dict[str, Any]] = answer.body
    first_id = next((outcome["_id"] for outcome in outcomes if outcome.get("_id")), "")
    body = {
        "status": "accepted",
        "message": f"Accepted {len(outcomes)} item(s) for processing",
        "batch_id": f"batch_{first_id}",
        "count": len(outcomes),
        "items": outcomes,
    }
    return Answer(202, body)


def words(_: Asked, answer: Answer) -> Answer:
    """Adds `status`, which the root sends with a failure alone."""
    return answer if answer.status != 200 else replace(answer, body={"status": "ok", **answer.body})


def deleted(_: Asked, answer: Answer) -> Answer:
    """Adds `status` to the words of single items, which that server keeps among them."""
    if answer.status != 200:
        return answer
    status = answer.body.get("status", "ok")
    return replace(answer, body={**answer.body, "items": {"status": status, **answer.body["items"]}})


def item_of(_: Asked, answer: Answer) -> Answer:
    """Translates an answer that is an item."""
    return replace(answer, body=item(answer.body)) if answer.status == 200 else answer


def archived(_: Asked, answer: Answer) -> Answer:
    """Answers 400 where an item has no archive."""
    return replace(answer, status=400) if _says(answer, 404, _NO_ARCHIVE) else answer


def unarchived(_: Asked, answer: Answer) -> Answer:
    """Answers 409 where an item is not in its archive."""
    return replace(answer, status=409) if _says(answer, 404, _NOT_ARCHIVED) else answer


def _says(answer: Answer, status: int, end: str) -> bool:
    return answer.status == status and str(answer.body["error"]).endswith(end)
