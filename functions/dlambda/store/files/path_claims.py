"""Paths that somebody changes right now, so that nobody else touches them, what lies below them or their sidecars.

One row holds all claims: paths overlap in ways that no key can say, and few changes run at once. It is written on
condition that nobody else wrote it since it was read.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from dlambda.domain.files.path_claim import overlap
from dlambda.errors import StaleWrite
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.table import Row

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

# Whoever works says so long before; whoever crashed is back by then, or never comes.
HELD_SECONDS = 900.0
_KEPT_SECONDS = 86400
_KEY = "path-claims"


class _Row(Row):
    class Meta:
        table_name = "cache"

    key = UnicodeAttribute(hash_key=True)
    claims = UnicodeSetAttribute(null=True)
    version = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)


@dataclass(frozen=True, slots=True)
class _Claim:
    owner: str
    path: str
    until: float


def claim(owner: str, paths: Sequence[str], now: float) -> bool:
    """Claims all `paths` for `HELD_SECONDS`, instead of what `owner` had, or none. False while another has one of them,
    or when so many come at once that it is as good as claimed.
    """

    def attempt() -> bool:
        row = _read()
        foreign = _foreign(row, owner, now)
        if _first_conflict(paths, foreign) is not None:
            return False
        _write(row, [*foreign, *(_Claim(owner, path, now + HELD_SECONDS) for path in dict.fromkeys(paths))], now)
        return True

    try:
        return retry_conflicts(attempt)
    except StaleWrite:
        return False


def find_conflict(owner: str, paths: Sequence[str], now: float) -> str | None:
    """The first of `paths` that another than `owner` has."""
    return _first_conflict(paths, _foreign(_read(), owner, now))


def release(owner: str, now: float) -> None:
    """Frees what `owner` has. Under many others it may be left to its end."""

    def attempt() -> None:
        row = _read()
        claims = [claim for claim in _claims(row) if claim.owner != owner]
        if len(claims) < len(row.claims or ()):
            _write(row, claims, now)

    with suppress(StaleWrite):
        retry_conflicts(attempt)


def _read() -> _Row:
    return _Row.find(_KEY) or _Row(_KEY)


def _claims(row: _Row) -> list[_Claim]:
    return [_Claim(*json.loads(text)) for text in row.claims or ()]


def _foreign(row: _Row, owner: str, now: float) -> list[_Claim]:
    return [claim for claim in _claims(row) if claim.owner != owner and claim.until > now]


def _first_conflict(paths: Sequence[str], foreign: Sequence[_Claim]) -> str | None:
    return next((path for path in paths if any(overlap(path, claim.path) for claim in foreign)), None)


def _write(row: _Row, claims: Iterable[_Claim], now: float) -> None:
    """Raises `StaleWrite` when somebody else wrote it since it was read."""
    version = int(row.version or 0)
    texts = {json.dumps(astuple(claim)) for claim in claims}
    unchanged = _Row.version == version if version else _Row.version.does_not_exist()
    actions: list[Action] = [
        _Row.claims.set(texts) if texts else _Row.claims.remove(),
        _Row.version.set(version + 1),
        _Row.expires_at.set(int(now + _KEPT_SECONDS)),
    ]
    if not row.update_if(unchanged, actions):
        raise StaleWrite("The claims were changed meanwhile.")
