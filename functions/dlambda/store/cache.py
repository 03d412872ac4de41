"""Small values that end by themselves: tokens, probes, results of slow questions; and claims, which one caller has."""

import json
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from dlambda.store.table import Row


class _Row(Row):
    class Meta:
        table_name = "cache"

    key = UnicodeAttribute(hash_key=True)
    value = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()


def find(key: str, now: float) -> Any:
    """The value, or None. The table's own removal is late, so the time is checked here."""
    row = _Row.find(key)
    return json.loads(row.value) if row and float(row.expires_at) > now else None


def put(key: str, value: Any, expires_at: float) -> None:
    """Keeps a JSON value until `expires_at` (unix seconds)."""
    _Row(key, value=_render(value), expires_at=int(expires_at)).save()


def _render(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def claim(key: str, now: float, seconds: float, value: Any = None) -> bool:
    """Takes `key` for `seconds`; False while another has it. `value` says who."""
    row = _Row(key, value=_render(value), expires_at=int(now + seconds + 1))
    return row.save_if(_Row.key.does_not_exist() | (_Row.expires_at <= int(now)))


def renew(key: str, value: Any, now: float, seconds: float) -> bool:
    """Lets a claim with this `value` last `seconds` from now, or end at once; False when it is another's, or over."""
    row = _Row(key, value=_render(value), expires_at=int(now + seconds + 1))
    return row.save_if((_Row.value == _render(value)) & (_Row.expires_at > int(now)))


def release(key: str) -> None:
    """Ends a claim."""
    remove(key)


def remove(key: str) -> None:
    _Row(key).delete()
