"""Cookie jars: one row an owner, an attribute a site. Cookies are sealed (contract README, Secrets)."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.operand import Path

from dlambda.domain.rules.cookie_jar import CookieJar
from dlambda.errors import Invalid
from dlambda.store import sealing
from dlambda.store.table import Row

_ALL: Final = "cookie-owners"
_PREFIX: Final = "j~"
_MOST_BYTES: Final = 360_000  # of an owner's jars; a row has 400 KB


class _Row(Row):
    class Meta:
        table_name = "state"

    key = UnicodeAttribute(hash_key=True)
    owners = UnicodeSetAttribute(null=True)


def list_jars(owner: str) -> list[CookieJar]:
    """The jars of an owner (`""`: the admins'), by site."""
    return sorted((_jar(value["B"]) for value in _attributes(owner).values()), key=lambda jar: jar.site)


def find_jar(owner: str, site: str) -> CookieJar | None:
    """The owner's jar of the site."""
    value = _attributes(owner).get(_PREFIX + site)
    return _jar(value["B"]) if value else None


def put_jar(owner: str, jar: CookieJar) -> None:
    """Stores the jar in the place of an older one. Raises `Invalid` when there is no room for it."""
    other_bytes = sum(len(value["B"]) for name, value in _attributes(owner).items() if name != _PREFIX + jar.site)
    sealed = sealing.seal(json.dumps(asdict(jar)))
    if other_bytes + len(sealed) > _MOST_BYTES:
        raise Invalid("There are too many cookies: remove the jars of other sites first.")
    _Row(_ALL).update(actions=[_Row.owners.add({_owner_word(owner)})])
    _Row(_key(owner)).update(actions=[_place(jar.site).set(sealed)])


def change_jar(owner: str, before: CookieJar, after: CookieJar) -> bool:
    """Replaces the jar unless somebody else has meanwhile; False then."""
    current = _attributes(owner).get(_PREFIX + before.site)
    if current is None or _jar(current["B"]) != before:
        return False
    sealed = sealing.seal(json.dumps(asdict(after)))
    return _Row(_key(owner)).update_if(_place(before.site) == bytes(current["B"]), [_place(before.site).set(sealed)])


def remove_jar(owner: str, site: str) -> None:
    """Idempotent."""
    _Row(_key(owner)).update(actions=[_place(site).remove()])


def remove_all(owner: str) -> None:
    """Removes every jar of a member. Idempotent."""
    _Row(_key(owner)).delete()


def list_owners() -> Iterator[str]:
    """All that have had a jar."""
    row = _Row.find(_ALL)
    for word in sorted(row.owners or ()) if row else ():
        yield word.removeprefix("~")


def _owner_word(owner: str) -> str:
    return f"~{owner}"  # a set holds no empty text


def _key(owner: str) -> str:
    return f"cookies~{owner}"


def _place(site: str) -> Any:
    return Path([_PREFIX + site])


def _attributes(owner: str) -> dict[str, Any]:
    row: dict[str, Any] = _Row.table().get_item(_key(owner), consistent_read=True).get("Item", {})
    return {name: value for name, value in row.items() if name.startswith(_PREFIX)}


def _jar(sealed: Any) -> CookieJar:
    return CookieJar(**json.loads(sealing.unseal(bytes(sealed))))
