"""The memory of a site: the remedy that worked last, the proxies that rest. One small row a site."""

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.operand import Path

from dlambda.store.table import Row

_RESTS = "rests~"


class _Row(Row):
    class Meta:
        table_name = "state"

    key = UnicodeAttribute(hash_key=True)
    remedy = UnicodeAttribute(null=True)


def find_remedy(site: str) -> str:
    """The remedy that worked last for the site; `""` for none."""
    row = _Row.find(_key(site))
    return (row.remedy or "") if row else ""


def remember_remedy(site: str, remedy: str) -> None:
    """The last writer wins: both have seen it work."""
    _Row(_key(site)).update(actions=[_Row.remedy.set(remedy)])


def find_resting(site: str) -> dict[str, float]:
    """Proxies that rest for the site, or have: id -> until when, unix seconds."""
    row = _Row.table().get_item(_key(site), consistent_read=True).get("Item", {})
    return {name.removeprefix(_RESTS): float(value["N"]) for name, value in row.items() if name.startswith(_RESTS)}


def rest_proxy(site: str, proxy_id: str, until: float) -> None:
    _Row(_key(site)).update(actions=[Path([_RESTS + proxy_id]).set(int(until))])


def _key(site: str) -> str:
    return f"site~{site}"
