"""The routes of `/api/ping`, `/api/system/*`, `/api/dev/*`, `/api/docs*` and `/metrics`."""

from typing import Any

from flask import Response, request

from dlambda.deployment import current
from dlambda.domain.accounts.permission import Permission
from dlambda.domain.events.event import pause_changed
from dlambda.domain.system.release import UpdateStatus
from dlambda.entry.http import binary, make_routes, problems, text
from dlambda.entry.principals import current_principal
from dlambda.errors import Invalid, NotAcceptable
from dlambda.store.items import slots
from dlambda.usecases.events.publish import publish
from dlambda.usecases.items.dispatch import dispatch
from dlambda.usecases.operations import update_ytdlp
from dlambda.usecases.operations.check_updates import check_updates
from endpoints.system import development, documents, health, metrics
from endpoints.system.configuration import configuration, subfolders
from endpoints.system.diagnostics import diagnostics
from endpoints.system.health_schemas import Diagnostics, Liveness, Ready
from endpoints.system.limits import limits
from endpoints.system.schemas import (
    Configuration,
    ConfigurationQuery,
    DocumentPath,
    FoldersQuery,
    Limits,
    Loop,
    Message,
    Packages,
    Pong,
    SettingList,
    Subfolders,
    Updates,
    YtdlpRelease,
)
from endpoints.system.settings import list_settings

routes = make_routes("system", "Health, configuration and control")

Answer = dict[str, Any] | Response
_TEXTS = text("text/markdown", "application/json", "text/javascript", "text/css")
_DOCUMENT = {"content": _TEXTS["content"] | binary("image/jpeg")["content"]}


@routes.get("/api/ping", permission=Permission.READ_SYSTEM, responses={200: Pong})
def ping() -> Answer:
    """Answers while the tables do."""
    slots.paused_at()
    return {"status": "pong"}


@routes.get("/api/system/configuration", permission=Permission.READ_SYSTEM, responses={200: Configuration})
def get_configuration(query: ConfigurationQuery) -> Answer:
    """Settings, presets, fields, folders and the queue."""
    return configuration(current_principal(), query.without)


@routes.get("/api/system/folders", permission=Permission.READ_FILES, responses={200: Subfolders, **problems(400)})
def get_folders(query: FoldersQuery) -> Answer:
    """The folders directly in one folder below the download root."""
    return subfolders(query.path, current_principal().home)


@routes.get("/api/system/limits", permission=Permission.READ_SYSTEM, responses={200: Limits})
def get_limits() -> Answer:
    """How many downloads may run, how many do, and which setting says so."""
    return limits(current_principal())


@routes.get("/api/system/settings", permission=Permission.CONTROL_SYSTEM, responses={200: SettingList})
def get_settings() -> Answer:
    """Every setting with its value, whether somebody set it, and what it means; secrets masked."""
    return list_settings()


@routes.get("/api/system/diagnostics", permission=Permission.CONTROL_SYSTEM, responses={200: Diagnostics})
def get_diagnostics() -> Answer:
    """Checks engines, tools, disk, sandbox, settings and versions; says in words what is wrong."""
    return diagnostics()


@routes.post("/api/system/pause", permission=Permission.CONTROL_SYSTEM, responses={200: Message, **problems(406)})
def pause() -> Answer:
    """Starts no more downloads; running ones go on."""
    now = current().clock.time()
    if not slots.pause(now):
        raise _as_asked("Non-active downloads are already paused.")
    publish(pause_changed(paused=True, at=now))
    return {"message": "Non-active downloads have been paused."}


@routes.post("/api/system/resume", permission=Permission.CONTROL_SYSTEM, responses={200: Message, **problems(406)})
def resume() -> Answer:
    """Starts downloads again."""
    if not slots.resume():
        raise _as_asked("Non-active downloads are not paused.")
    publish(pause_changed(paused=False, at=current().clock.time()))
    dispatch()
    return {"message": "Resumed all downloads."}


def _as_asked(message: str) -> NotAcceptable:
    return NotAcceptable(message, extra={"message": message})


@routes.post("/api/system/shutdown", permission=Permission.CONTROL_SYSTEM, responses=problems(400))
def shutdown() -> Answer:
    """Always refused: the service is never native."""
    feature = {"code": "FEATURE_DISABLED", "params": {"feature": "api.features.shutdown"}}
    raise Invalid("Shutdown is only available in the native mode.", extra=feature)


@routes.post(
    "/api/system/check-updates", permission=Permission.CONTROL_SYSTEM, responses={200: Updates, **problems(400)}
)
def updates() -> Answer:
    """Looks for a newer release of the service or of yt-dlp (setting `check_for_updates`)."""
    outcome = check_updates()
    # A web page shows the outcome; it would take an error for a failure.
    if outcome["status"] == UpdateStatus.DISABLED and "Referer" not in request.headers:
        raise Invalid("Update checks are disabled.", extra=outcome)
    return outcome


@routes.get("/api/system/yt-dlp", permission=Permission.READ_SYSTEM, responses={200: YtdlpRelease})
def get_ytdlp() -> Answer:
    """The release of yt-dlp that serves, its age, and what is known of newer ones."""
    return update_ytdlp.status()


@routes.post(
    "/api/system/yt-dlp/update",
    permission=Permission.CONTROL_SYSTEM,
    responses={202: YtdlpRelease, **problems(406, 409)},
)
def start_ytdlp_update() -> tuple[Answer, int]:
    """Fetches the newest release of the setting `ytdlp_version`, proves it, and begins its trial."""
    return update_ytdlp.start_update(), 202


@routes.get("/api/system/live", permission=Permission.READ_SYSTEM, responses={200: Liveness})
def live() -> Answer:
    """Answers while this process does."""
    return health.live()


@routes.get("/api/system/ready", permission=Permission.READ_SYSTEM, responses={200: Ready, 503: Ready})
def ready() -> tuple[dict[str, Any], int]:
    """Checks each engine and tool, the disk space that is left, and how old yt-dlp and the tools are."""
    return health.ready()


@routes.get("/metrics", permission=Permission.READ_METRICS, responses={200: text("text/plain")})
def metrics_page() -> Answer:
    """Counters and the state of this moment, in Prometheus' text format."""
    return Response(metrics.metrics(), content_type=metrics.TYPE)


@routes.get("/api/dev/loop", permission=Permission.CONTROL_SYSTEM, responses={200: Loop, **problems(403)})
def dev_loop() -> Answer:
    """For developers: what runs beside requests (setting `app_env`)."""
    return development.loop()


@routes.get("/api/dev/pip", permission=Permission.CONTROL_SYSTEM, responses={200: Packages, **problems(403)})
def dev_packages() -> Answer:
    """For developers: versions of the packages in the setting `pip_packages`."""
    return development.packages()


@routes.get("/api/docs/<path:file>", permission=Permission.READ_SYSTEM, responses={200: _DOCUMENT, **problems(404)})
def document(path: DocumentPath) -> Answer:
    """README.md, FEATURES.md, FAQ.md, API.md, SECURITY.md, openapi.json, asyncapi.json, pictures, the reference's."""
    return documents.asset(path.file) or documents.document(path.file)


@routes.get(
    f"/<any({documents.NAMES}):file>", permission=Permission.READ_SYSTEM, responses={200: _DOCUMENT, **problems(404)}
)
def root_document(path: DocumentPath) -> Answer:
    """The same below the base path, as the links in README.md have it."""
    return documents.document(path.file)


@routes.get("/api/docs", permission=Permission.READ_SYSTEM, responses={200: text("text/html")})
def reference() -> Answer:
    """The reference of the API, for people."""
    return documents.reference()
