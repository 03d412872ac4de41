"""Paths that somebody changes right now, so that nobody else touches them, what lies below them or their sidecars.

One row holds all claims: paths overlap in ways that no key can say, and few changes run at once. It is written on
condition that nobody else wrote it since it was read.
"""

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from dlambda.domain.files.path_claim import overlap
from dlambda.store.table import Row, wrote

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

# Whoever works says so long before; whoever crashed is back by then, or never comes.
HELD_SECONDS = 900.0
_KEPT_SECONDS = 86400
_KEY = "path-claims"
_TRIES = 20
_WAIT_SECONDS = 0.05


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


def take(owner: str, paths: Sequence[str], now: float) -> str | None:
    """Claims all `paths` or none, instead of what `owner` had; answers the path that somebody else has, or None."""
    for _ in range(_TRIES):
        row = _read()
        foreign = [claim for claim in _claims(row) if claim.owner != owner and claim.until > now]
        conflict = next((path for path in paths if any(overlap(path, claim.path) for claim in foreign)), None)
        if conflict is not None:
            return conflict
        own = [_Claim(owner, path, now + HELD_SECONDS) for path in dict.fromkeys(paths)]
        if _write(row, [*foreign, *own], now):
            return None
        _wait()
    return paths[0]  # so many come at once that it is as good as taken


def give_back(owner: str, now: float) -> None:
    """Frees what `owner` has. Under many others it may be left to its end."""
    for _ in range(_TRIES):
        row = _read()
        claims = [claim for claim in _claims(row) if claim.owner != owner]
        if len(claims) == len(row.claims or ()) or _write(row, claims, now):
            return
        _wait()


def _read() -> _Row:
    try:
        return _Row.get(_KEY, consistent_read=True)
    except _Row.DoesNotExist:
        return _Row(_KEY)


def _claims(row: _Row) -> list[_Claim]:
    return [_Claim(*json.loads(text)) for text in row.claims or ()]


def _write(row: _Row, claims: Iterable[_Claim], now: float) -> bool:
    """False when somebody else wrote it since it was read."""
    version = int(row.version or 0)
    texts = {json.dumps(astuple(claim)) for claim in claims}
    unchanged = _Row.version == version if version else _Row.version.does_not_exist()
    actions: list[Action] = [
        _Row.claims.set(texts) if texts else _Row.claims.remove(),
        _Row.version.set(version + 1),
        _Row.expires_at.set(int(now + _KEPT_SECONDS)),
    ]
    return wrote(lambda: row.update(actions, condition=unchanged))


def _wait() -> None:
    time.sleep(_WAIT_SECONDS * random.random())  # noqa: S311 jitter, no secret
