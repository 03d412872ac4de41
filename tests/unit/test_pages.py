"""Paging: docs/contract/downloads.md 3, 4.1."""

import pytest

from dlambda.entry.pages import pagination, read_page
from dlambda.errors import Invalid


@pytest.mark.parametrize(
    ("page", "per_page", "expected"),
    [(None, None, (1, 50)), ("", "", (1, 50)), ("2", "1000", (2, 1000)), ("1", "1", (1, 1))],
)
def test_what_is_asked(page: str | None, per_page: str | None, expected: tuple[int, ...]) -> None:
    asked = read_page(page, per_page)
    assert (asked.page, asked.per_page) == expected


@pytest.mark.parametrize(
    ("page", "per_page", "text"),
    [
        ("x", "0", "page and per_page must be valid integers."), ("0", "x", "page and per_page must be valid integers."),
        ("1.0", "1", "page and per_page must be valid integers."), ("0", "0", "page must be >= 1."),
        ("1", "0", "per_page must be between 1 and 1000."), ("1", "1001", "per_page must be between 1 and 1000."),
    ],
)  # fmt: skip
def test_what_is_refused(page: str, per_page: str, text: str) -> None:
    with pytest.raises(Invalid) as error:
        read_page(page, per_page)
    assert error.value.message == text


@pytest.mark.parametrize(
    ("page", "per_page", "total", "pages", "has_next", "has_prev"),
    [(1, 10, 0, 1, False, False), (1, 10, 10, 1, False, False), (1, 10, 11, 2, True, False), (2, 10, 11, 2, False, True),
     (2, 1, 3, 3, True, True)],
)  # fmt: skip
def test_pagination(page: int, per_page: int, total: int, pages: int, has_next: bool, has_prev: bool) -> None:
    assert pagination(page, per_page, total) == {
        "page": page, "per_page": per_page, "total": total, "total_pages": pages, "has_next": has_next,
        "has_prev": has_prev,
    }  # fmt: skip
