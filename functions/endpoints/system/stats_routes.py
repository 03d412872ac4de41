"""The routes of `/api/stats/*` (docs/contract/system.md 5, stats)."""

from typing import Any

from flask import Response, jsonify

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import make_routes, problems, text
from endpoints.system import stats
from endpoints.system.stats_schemas import BottleneckReport, RangeQuery, SampleView, Series

routes = make_routes("stats", "What the service and its machine use (setting `monitor_enabled`)")


@routes.get("/api/stats/latest", permission=Permission.READ_METRICS, responses={200: SampleView, **problems(403)})
def latest() -> dict[str, Any]:
    """The newest sample."""
    return stats.latest()


@routes.get("/api/stats/history", permission=Permission.READ_METRICS, responses={200: Series, **problems(400, 403)})
def history(query: RangeQuery) -> Response:
    """Samples of the last while, oldest first; at most 900."""
    return jsonify(stats.history(query.range))


@routes.get(
    "/api/stats/bottlenecks", permission=Permission.READ_METRICS, responses={200: BottleneckReport, **problems(403)}
)
def bottlenecks() -> dict[str, Any]:
    """The figures that were too high in the last five minutes, in words."""
    return stats.bottlenecks()


@routes.get(
    "/api/stats/stream",
    permission=Permission.READ_METRICS,
    responses={200: text("text/event-stream"), **problems(403, 429)},
)
def stream() -> Response:
    """Samples as they are taken: server-sent events `sample` and `bottleneck`."""
    return stats.stream()
