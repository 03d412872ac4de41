"""The folder that a member is confined to, its home: from paths as clients name them to those below the root, and back.

A home is a folder below the root, without slashes around it; that of an admin is empty, the root itself. All that
clients send and get goes through here (docs/contract/accounts.md, Whose data).
"""

from collections.abc import Mapping
from typing import Any

from dlambda.domain.paths.paths import resolve_path


def at_home(home: str, path: str) -> str:
    """The path below the root of what a client calls `path`. Raises `Invalid` for one that leads out of `home`."""
    inner = resolve_path(path)
    return "/".join(part for part in (home, inner) if part)


def is_at_home(home: str, path: str) -> bool:
    """True if a path below the root is `home` or lies in it."""
    return not home or path == home or path.startswith(f"{home}/")


def from_home(home: str, path: str) -> str:
    """A path below the root as the client of `home` names it; `""` for the home itself and for what lies elsewhere."""
    if not home:
        return path
    return path.removeprefix(f"{home}/") if path.startswith(f"{home}/") else ""


def text_from_home(home: str, text: str) -> str:
    """A text for people, with the paths that it quotes as the client of `home` names them."""
    return text.replace(f"'{home}/", "'").replace(f"'{home}'", "'/'") if home else text


def item_from_home(home: str, view: Mapping[str, Any]) -> dict[str, Any]:
    """An item's view (downloads.md 2.2) as its owner sees it: folder and files as the client of `home` names them, and
    its place among its owner's items.
    """
    visible_fields = {name: value for name, value in view.items() if name != "owner_position"}
    visible_fields["queue_position"] = view.get("owner_position")
    if not home or not is_at_home(home, view["folder"]):
        return visible_fields
    folder, place = view["folder"], view["download_dir"] or ""
    root = place.removesuffix(f"/{folder}")
    visible_fields["folder"] = from_home(home, folder)
    visible_fields["download_dir"] = "/".join(part for part in (root, visible_fields["folder"]) if part)
    visible_fields["sidecar"] = {
        kind: [{**entry, "file": entry["file"].replace(f"{root}/{home}/", f"{root}/", 1)} for entry in entries]
        for kind, entries in view["sidecar"].items()
    }
    return visible_fields
