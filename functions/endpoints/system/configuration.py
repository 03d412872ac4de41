"""The configuration that clients begin with (docs/contract/system.md 5)."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.accounts.principal import Principal
from dlambda.domain.items.item import Shelf
from dlambda.domain.paths.home import at_home, from_home
from dlambda.domain.paths.paths import resolve_folder
from dlambda.domain.rules.resource import DL_FIELDS, PRESETS
from dlambda.errors import Invalid
from dlambda.settings import Settings
from dlambda.store.items import items, slots
from dlambda.usecases.files.folders import folder_key
from dlambda.usecases.items.list_items import overview
from dlambda.usecases.operations.check_updates import known_updates, ytdlp_version
from dlambda.usecases.operations.log_level import active_level
from dlambda.usecases.rules import resources
from dlambda.usecases.rules.input_rules import input_rules

_MOST_FOLDERS = 1000


def configuration(principal: Principal, without: str = "") -> dict[str, Any]:
    """The configuration as `principal` sees it: of a member the queue, the count and the folders are its own.

    `without` names what takes long and is left out. Raises `Invalid` for anything else.
    """
    settings = current().settings
    left_out = {name.strip() for name in without.split(",") if name.strip()}
    if left_out - _LONG:
        raise Invalid("without must name some of folders, queue.")
    presets, dl_fields = resources.list_remembered(PRESETS, DL_FIELDS)
    views: dict[str, Any] = {
        "app": _app(settings),
        "presets": [resources.view(PRESETS, document) for document in presets],
        "dl_fields": [resources.view(DL_FIELDS, document) for document in dl_fields],
    }
    if "folders" not in left_out:
        views["folders"] = list(_folders(settings.download_path_depth, principal.home))
    if "queue" in left_out:
        history_count = items.count(Shelf.DONE, owner=principal.owner)
        return views | {"paused": slots.paused_at() is not None, "history_count": history_count}
    queue, history_count, is_paused = overview(principal.owner)
    return views | {"paused": is_paused, "history_count": history_count, "queue": queue}


def subfolders(path: str, home: str) -> dict[str, Any]:
    """The names of the folders directly in one folder below the root, in order; at most `_MOST_FOLDERS`.

    None for a folder that does not exist. Raises `Invalid` for a path that leads outside.
    """
    folder = at_home(home, resolve_folder(path.strip(), input_rules()))
    names: list[str] = []
    for some_names in bucket.walk_folder_names(folder_key(folder)):
        names += some_names
        if len(names) >= _MOST_FOLDERS:
            break
    return {"path": from_home(home, folder), "folders": sorted(names)[:_MOST_FOLDERS]}


def _app(settings: Settings) -> dict[str, Any]:
    names = (
        "download_path", "keep_archive", "output_template", "remove_files", "ui_update_title", "max_workers",
        "max_workers_per_extractor", "default_preset", "instance_title", "console_enabled", "simple_mode",
        "browser_control_enabled", "file_logging", "base_path", "app_env", "tasks_handler_timer", "app_version",
        "app_commit_sha", "app_build_date", "app_branch", "default_pagination", "check_for_updates",
        "monitor_enabled", "log_level", "queue_display_limit",
    )  # fmt: skip
    return {name: getattr(settings, name) for name in names} | {
        "started": settings.started_at,
        "node": settings.node,
        "is_native": False,
        "version": settings.app_version,
        "runtime_log_level": active_level(),
        "retry": settings.retries,
        "retry_fresh": False,
        **known_updates(),
        "ytdlp_version": ytdlp_version(),
    }


def _folders(depth: int, home: str) -> Iterator[dict[str, str]]:
    """Folders below `home`, named as its client names them, parents before children (system.md 5).

    At most `_MOST_FOLDERS`.
    """
    todo = [("", 1)]
    remaining = _MOST_FOLDERS
    while todo and remaining > 0:
        folder, level = todo.pop(0)
        names = chain.from_iterable(bucket.walk_folder_names(folder_key(at_home(home, folder))))
        for name in sorted(names)[:remaining]:
            path = f"{folder}/{name}" if folder else name
            yield {"name": name, "path": path}
            remaining -= 1
            if level < depth:
                todo.append((path, level + 1))


_LONG = frozenset({"folders", "queue"})
"""Parts that grow with the library and the queue."""
