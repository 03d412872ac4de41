"""What is known of a site: the remedy that worked last. One small row a site."""

from pynamodb.attributes import UnicodeAttribute

from dlambda.store.table import Row


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


def _key(site: str) -> str:
    return f"site~{site}"
