"""The routes of `/api/logs*` (docs/contract/system.md 6)."""

from collections.abc import Iterator
from typing import Any

from flask import Response, request

from dlambda.deployment import current
from dlambda.domain.accounts.permission import Permission
from dlambda.domain.telemetry.log_line import Wanted
from dlambda.entry.http import make_routes, problems, text
from dlambda.entry.sse import Sent, Streams
from dlambda.usecases.operations.log_level import LEVEL_NAMES, active_level, configured_level, set_level
from dlambda.usecases.operations.read_logs import follow_log, read_log
from endpoints.logs.schemas import LevelPath, LogLevels, LogPage, LogsQuery, StreamQuery

_STREAMS = 8

routes = make_routes("logs", "The log, and the log as it grows")
_streams = Streams(_STREAMS)


@routes.get("/api/logs", permission=Permission.READ_LOGS, responses={200: LogPage, **problems(400, 404)})
def page(query: LogsQuery) -> dict[str, Any]:
    """A page of the log, counted from the newest entry (setting `file_logging`)."""
    skip, count = query.skip, query.count
    entries, has_more = read_log(skip, count, query.wanted)
    return {
        "logs": entries,
        "offset": skip,
        "limit": count,
        "next_offset": skip + count if has_more else None,
        "end_is_reached": not has_more,
    }


@routes.get(
    "/api/logs/stream",
    permission=Permission.READ_LOGS,
    responses={200: text("text/event-stream"), **problems(404, 429)},
)
def stream(query: StreamQuery) -> Response:
    """Streams new log lines as server-sent events `log_lines`."""
    since = request.headers.get("Last-Event-ID", "")
    return _streams.open(_lines(since, query.wanted))


@routes.get("/api/logs/level", permission=Permission.READ_LOGS, responses={200: LogLevels})
def get_level() -> dict[str, Any]:
    """The level of the settings, and the one that counts now."""
    return {"conf": configured_level(), "active": active_level(), "levels": list(LEVEL_NAMES)}


@routes.post("/api/logs/level/<level>", permission=Permission.CONTROL_SYSTEM, responses={204: None, **problems(400)})
def change_level(path: LevelPath) -> Response:
    """Changes the level for all processes of the service, until it starts again."""
    set_level(path.level)
    return Response(status=204)


def _lines(since: str, query: Wanted) -> Iterator[Sent | None]:
    followed = follow_log(since, query, current().settings.answer_seconds)

    def events() -> Iterator[Sent | None]:
        for line in followed:
            yield line and Sent("log_lines", line[1], line[0])

    return events()
