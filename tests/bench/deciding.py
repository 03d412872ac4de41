"""Conditions against an item's metadata."""

from dlambda.domain.rules.filters import compile_filter
from tests.bench.figures import Figure
from tests.bench.timing import median_seconds

_CONDITIONS = 100
_FIELDS = 500


def measure_conditions() -> list[Figure]:
    """A hundred conditions, none true, against an object of five hundred fields."""
    data: dict[str, str | int] = {
        f"field_{chr(97 + number % 26)}{chr(97 + number // 26)}": number for number in range(_FIELDS)
    }
    data |= {"title": "BBC: How & why", "duration": 600, "view_count": 1500}
    filters = [
        compile_filter(f"title~='(?i)part {number}' || view_count>{number + 1}000000 & duration<1h")
        for number in range(_CONDITIONS)
    ]

    def decide() -> None:
        assert not any(each.matches(data) for each in filters)

    took = median_seconds(decide, 50) * 1000
    return [Figure(f"{_CONDITIONS} conditions on {_FIELDS} fields", took, "ms", "", "5 ms", 5)]
