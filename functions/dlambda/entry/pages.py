"""`page` and `per_page`, and the `pagination` that answers them (docs/contract/downloads.md 4.1, tasks.md 0)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlambda.deployment import current
from dlambda.domain.web.answer_size import fitting_values
from dlambda.entry.model import Model
from dlambda.errors import Invalid

MAX_PER_PAGE = 1000
TRUNCATED = "true: the page is larger than an answer, its last entries are left out"


class Pagination(Model):
    """The `pagination` of an answer."""

    page: int
    per_page: int
    total: int
    total_pages: int
    has_next: bool
    has_prev: bool


@dataclass(frozen=True, slots=True)
class PageRequest:
    page: int
    per_page: int


def read_page(page: str | None, per_page: str | None) -> PageRequest:
    """Raises `Invalid` with the documented text, in the documented order."""
    try:
        number = int(page) if page else 1
        size = int(per_page) if per_page else current().settings.default_pagination
    except ValueError:
        raise Invalid("page and per_page must be valid integers.") from None
    if number < 1:
        raise Invalid("page must be >= 1.")
    if not 1 <= size <= MAX_PER_PAGE:
        raise Invalid("per_page must be between 1 and 1000.")
    return PageRequest(number, size)


def fitting_items(views: Sequence[Any], name: str = "items") -> dict[str, Any]:
    """The field `name` with the entries of a page that an answer has place for; `truncated` where some are left out."""
    page_views = fitting_values(views)
    return {name: page_views, "truncated": True} if len(page_views) < len(views) else {name: page_views}


def pagination(page: int, per_page: int, total: int) -> dict[str, Any]:
    pages = max(1, -(-total // per_page))
    return {
        "page": page,
        "per_page": per_page,
        "total": total,
        "total_pages": pages,
        "has_next": page < pages,
        "has_prev": page > 1,
    }
