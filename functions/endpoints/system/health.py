"""`/api/system/live` and `/api/system/ready`: is the process there, and can it do its work?"""

import logging
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlambda.aws import bucket, queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import QueueName
from dlambda.domain.system.tool_release import age
from dlambda.media.machine.disk import DiskSpace, least_space
from dlambda.media.machine.tools import find_tool
from dlambda.store import nodes
from dlambda.store.items import slots
from dlambda.store.table import TABLE_ERRORS
from dlambda.usecases.operations import update_ytdlp
from dlambda.usecases.operations.check_updates import ytdlp_version

if TYPE_CHECKING:
    from dlambda.media.sandbox.report import Mode

log = logging.getLogger(__name__)

_TOOL_SECONDS = 10
_NEEDED_TOOLS = frozenset({"ffmpeg", "deno"})
_TOOL_ARGUMENT = {"ffmpeg": "-version", "ffprobe": "-version", "deno": "--version"}


def live() -> dict[str, Any]:
    """Answers while the process lives."""
    settings = current().settings
    return {"status": "ok", "version": settings.app_version, "uptime_seconds": _uptime(settings.started_at)}


def _uptime(started_at: float) -> float | None:
    return round(current().clock.time() - started_at, 1) if started_at else None


def ready() -> tuple[dict[str, Any], int]:
    """Checks all parts; the answer and its HTTP status.

    `status` is `unavailable` (503) when tables, bucket or queues do not answer, `limited` when ffmpeg or deno does not
    run or the disk is full, else `ok`. The ages of the tools and missing parts of the sandbox are for information. In
    the cloud the tools lie in other functions, and `tools` is empty.
    """
    with ThreadPoolExecutor(3) as pool:
        engines = dict(zip(_ENGINES, pool.map(_answers, _ENGINES.values()), strict=True))
    today = current().clock.now().date()
    own_tools = _TOOL_ARGUMENT if current().hosting.has_tools else ()
    tools = {name: _with_age(name, _tool(name, find_tool(name)), today) for name in own_tools}
    ytdlp = ytdlp_version() or None
    up = all(engine["ok"] for engine in engines.values())
    space = disk(least_space(current().settings.download_folders, current().settings.disk_reserve_bytes))
    limited = not space["ok"] or any(not tools[name]["ok"] for name in _NEEDED_TOOLS & tools.keys())
    answer = {
        "status": "unavailable" if not up else "limited" if limited else "ok",
        "engines": engines,
        "tools": tools,
        "disk": space,
        "ytdlp": {"version": ytdlp, **age("yt-dlp", ytdlp, today), **_releases()},
        "missing": missing(current().settings.gaps_file, current().settings.sandbox),
        "node": current().settings.node or None,
        "nodes": _nodes(),
    }
    return answer, 200 if up else 503


def _releases() -> dict[str, Any]:
    """The channel of yt-dlp, and what is newer there than what serves."""
    release = update_ytdlp.status()
    return {"channel": release["channel"], "newest": release["newest"], "trial": release["trial"]}


def _nodes() -> list[dict[str, Any]]:
    """Nodes that serve this deployment together, by name; none for one machine alone, or while the tables are away."""
    if not current().settings.shares_services:
        return []
    try:
        rows = sorted(nodes.list_(), key=lambda node: node.name)
    except TABLE_ERRORS:
        return []
    return [
        {
            "name": node.name,
            "roles": list(node.roles),
            "version": node.version,
            "started_at": node.started_at,
            "seen_at": node.seen_at,
        }
        for node in rows
    ]


_ENGINES: dict[str, Callable[[], object]] = {
    "tables": slots.read,
    "media": lambda: bucket.find("health"),
    "queues": lambda: queue.depth(QueueName.INTAKE),
}


def _answers(ask: Callable[[], object]) -> dict[str, Any]:
    began = time.monotonic()
    try:
        ask()
    except Exception as error:  # whatever it is, that is the answer to this question
        log.warning("An engine does not answer", exc_info=True)
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "ms": round((time.monotonic() - began) * 1000, 1)}


@lru_cache(maxsize=16)
def _tool(name: str, path: str | None) -> dict[str, Any]:
    """True if it runs; asked once, since a binary does not change while the process lives."""
    if path is None:
        return {"ok": False, "version": None}
    # The sandbox asks the kernel through ctypes, which no other request of this group does.
    from dlambda.media.sandbox import programs
    from dlambda.media.sandbox.rights import make_policy

    try:
        process = programs.run(
            [path, _TOOL_ARGUMENT[name]], make_policy(tools=(path,)), seconds=_TOOL_SECONDS, stdout=subprocess.PIPE
        )
    except (OSError, subprocess.TimeoutExpired):
        return {"ok": False, "version": None}
    words = process.stdout.decode(errors="replace").splitlines()[:1]
    return {"ok": process.returncode == 0, "version": words[0].partition(" Copyright")[0] if words else None}


def _with_age(name: str, tool: dict[str, Any], today: date) -> dict[str, Any]:
    """Its version is asked once, its age changes from day to day."""
    return {**tool, **age(name, tool["version"], today)}


def disk(space: DiskSpace) -> dict[str, Any]:
    """The volume that downloads fill first; where it is not `ok`, none begins."""
    return {
        "ok": not space.low,
        "free_bytes": space.free,
        "available_bytes": space.available,
        "total_bytes": space.total,
        "reserve_bytes": space.reserve,
    }


def missing(gaps_file: str, sandbox: "Mode") -> list[str]:
    """The protections that this machine cannot give, a sentence each: of the engines (local/engines.py writes the
    file) and of the sandbox. None of them makes the service unready.
    """
    from dlambda.media.sandbox.report import missing_parts

    try:
        lines = Path(gaps_file).read_text(encoding="utf-8").splitlines() if gaps_file else []
    except OSError:
        lines = []
    return list(dict.fromkeys([*lines, *missing_parts(sandbox)]))
