"""What the comparison asks both servers for, in order: one use of each part of the API, and its errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MARCH, AUGUST = "march", "august"


@dataclass(frozen=True)
class Step:
    """One request.

    In its path and body `{name}` stands for what an earlier step kept under this name, `{origin}` for the site that is
    downloaded from, `{run}` for a text that no earlier journey had.
    `keep`: names to paths in the answer (`items.*._id`: of the first element). `until`: a path and the value that it
    has to get; the request is repeated until then. `pages`: the versions whose page sends it so.
    `seconds`: of a stream, how long it is read.
    """

    name: str
    method: str
    path: str
    body: Any = None
    keep: Mapping[str, str] = field(default_factory=dict)
    until: tuple[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pages: tuple[str, ...] = (MARCH, AUGUST)
    seconds: float = 0
    raw: bytes = b""


def get(path: str, name: str = "", **options: Any) -> Step:
    """A GET."""
    return Step(name or path, "GET", path, **options)


def post(path: str, body: Any = None, name: str = "", **options: Any) -> Step:
    """A POST with JSON."""
    return Step(name or path, "POST", path, body, **options)


def delete(path: str, body: Any = None, name: str = "", **options: Any) -> Step:
    """A DELETE."""
    return Step(name or path, "DELETE", path, body, **options)


def resource(path: str, body: dict[str, Any], change: dict[str, Any], field_errors: Any) -> list[Step]:
    """One life of a resource: created, read, listed, changed, replaced, refused, deleted."""
    name = path.rpartition("/")[2]
    own = f"{path}/{{{name}}}"
    return [
        post(f"{path}/", body, keep={name: "id"}),
        post(f"{path}/", body, f"{path}/ again"),
        post(f"{path}/", field_errors, f"{path}/ wrong"),
        post(f"{path}/", None, f"{path}/ without JSON", raw=b"{"),
        get(f"{path}/"),
        get(f"{path}/?page=1&per_page=1"),
        get(f"{path}/?page=0"),
        get(own),
        Step(f"{own} changed", "PATCH", own, change),
        Step(f"{own} replaced", "PUT", own, body | change),
        Step(f"{own} wrong", "PATCH", own, {"name": ""}),
        get(f"{path}/999999"),
        Step(f"{path}/999999 changed", "PATCH", f"{path}/999999", change),
        delete(own),
        delete(own, name=f"{own} again"),
    ]


SYSTEM = [
    get("/api/ping"),
    get("/api/auth/status", pages=(AUGUST,)),
    get("/api/system/configuration"),
    get("/api/system/folders", pages=(AUGUST,)),
    get("/api/system/folders?path=nowhere", pages=(AUGUST,)),
    get("/api/system/limits", pages=(AUGUST,)),
    get("/api/system/diagnostics", pages=(AUGUST,)),
    get("/api/stats/latest", pages=(AUGUST,)),
    get("/api/stats/history?range=30m", pages=(AUGUST,)),
    get("/api/stats/bottlenecks", pages=(AUGUST,)),
    get("/api/stats/stream", seconds=7, pages=(AUGUST,)),
    get("/api/yt-dlp/options"),
    post("/api/yt-dlp/convert", {"args": "-f best --write-sub -o '%(id)s.%(ext)s'"}),
    post("/api/yt-dlp/convert", {"args": "--nosuch"}, "convert: no such option"),
    post("/api/yt-dlp/convert", {}, "convert: nothing"),
    post("/api/yt-dlp/archive_id", ["{origin}/clip-ids.mp4", "nothing"]),
    post("/api/yt-dlp/archive_id", {}, "archive_id: no array"),
    post("/api/yt-dlp/command", {"url": "{origin}/clip-c.mp4", "preset": "default", "cli": "--no-mtime"}),
    post("/api/yt-dlp/command", {}, "command: nothing"),
    get("/api/yt-dlp/url/info?url={origin}/clip-{run}-info.mp4"),
    get("/api/yt-dlp/url/info?url={origin}/clip-{run}-info.mp4", "url/info: from the cache"),
    get("/api/yt-dlp/url/info?url={origin}/links/3.html&entries=true", pages=(AUGUST,)),
    get("/api/yt-dlp/url/info?url={origin}/status/404/clip.mp4"),
    get("/api/yt-dlp/url/info?url={origin}/clip-{run}-info.mp4&preset=nosuch"),
    get("/api/yt-dlp/url/info"),
    get("/api/docs/API.md"),
    get("/api/docs/nosuch.md"),
    get("/api/nosuch"),
    post("/api/system/check-updates"),
]

ITEMS = [
    get("/api/history?type=all"),
    get("/api/history?type=nosuch"),
    get("/api/history?type=done&page=1&per_page=0"),
    post(
        "/api/history",
        {"url": "{origin}/clip-{run}-one.mp4", "preset": "default", "folder": "", "template": "", "cli": ""},
    ),
    get(
        "/api/history?type=done&status=finished",
        until=("items.*.url", "{origin}/clip-{run}-one.mp4"),
        keep={"done": "items.*._id"},
    ),
    post(
        "/api/history",
        [{"url": "{origin}/clip-{run}-two.mp4"}, {"url": "{origin}/clip-{run}-three.mp4", "folder": "talks"}],
    ),
    get("/api/history?type=done", "done: in a folder", until=("items.*.url", "{origin}/clip-{run}-three.mp4")),
    post("/api/history", {"url": ""}, "add: no URL"),
    post("/api/history", {"url": "notaurl"}, "add: not a URL"),
    post("/api/history", {"url": "{origin}/clip-{run}-p.mp4", "preset": "nosuch"}, "add: no such preset"),
    post("/api/history", {"url": "{origin}/clip-{run}-p.mp4", "cli": "--nosuch"}, "add: no such option"),
    post("/api/history", None, "add: no JSON", raw=b"{"),
    get("/api/history/add?url={origin}/clip-{run}-shortcut.mp4"),
    get("/api/history/add"),
    post("/api/history", {"url": "{origin}/status/404/clip-{run}-gone.mp4"}, "add: not there"),
    post("/api/history", {"url": "{origin}/slow/60000/clip-{run}-slow.mp4"}, "add: a slow one"),
    get("/api/history/live", until=("queue.*.status", "downloading"), keep={"slow": "queue.*._id"}),
    get("/api/history/{slow}"),
    get("/api/history?type=queue"),
    post("/api/history", {"url": "{origin}/clip-{run}-waits.mp4", "auto_start": False}, "add: not to start by itself"),
    post("/api/history/cancel", {"ids": ["{slow}"]}),
    post("/api/history/cancel", {"ids": ["nosuch"]}, "cancel: no such item"),
    post("/api/history/cancel", {}, "cancel: nothing"),
    get(
        "/api/history/live", "live: one that waits", until=("queue.*.auto_start", False), keep={"waits": "queue.*._id"}
    ),
    get("/api/history/{waits}", "an item that waits"),
    post("/api/history/pause", {"ids": ["{waits}"]}),
    post("/api/history/force-start", {"ids": ["nosuch"]}, "force-start: no such item", pages=(AUGUST,)),
    post("/api/history/position", {"ids": ["{waits}"], "position": "front"}, pages=(AUGUST,)),
    post("/api/history/position", {"ids": ["{waits}"], "position": "nowhere"}, "position: nowhere", pages=(AUGUST,)),
    post("/api/history/position", {"ids": []}, "position: nothing", pages=(AUGUST,)),
    post("/api/history/start", {"ids": ["{waits}"]}),
    post("/api/history/start", {}, "start: nothing"),
    post("/api/history/retry", {"ids": ["{slow}"]}, pages=(AUGUST,)),
    post("/api/history/retry", {}, "retry: nothing", pages=(AUGUST,)),
    post("/api/history/retry", {"ids": ["nosuch"]}, "retry: no such item", pages=(AUGUST,)),
    get(
        "/api/history/live",
        "live: tried again",
        until=("queue.*.status", "downloading"),
        keep={"slow": "queue.*._id"},
        pages=(AUGUST,),
    ),
    post("/api/history/cancel", {"ids": ["{slow}"]}, "cancel: tried again", pages=(AUGUST,)),
    get("/api/history?type=done&status=!finished,!skip"),
    get("/api/history?type=done&per_page=2&order=ASC"),
    get("/api/history/{done}"),
    get("/api/history/nosuch"),
    get("/api/history/{done}/thumbnail", pages=(AUGUST,)),
    post("/api/history/{done}/rename", {"new_name": "better {run}.mp4"}, pages=(AUGUST,)),
    post("/api/history/{done}/rename", {"new_name": ""}, "rename: no name", pages=(AUGUST,)),
    post("/api/history/{done}", {"title": "A title of {run}"}),
    post("/api/history/{done}", {}, "change: nothing"),
    post("/api/history/{done}/nfo", {"type": "tv"}),
    post("/api/history/{done}/nfo", {"type": "tv", "overwrite": True}, "nfo: over the old one"),
    post("/api/history/{done}/archive", {}),
    post("/api/history/{done}/archive", {}, "archive: again"),
    delete("/api/history/{done}/archive"),
    delete("/api/history/{done}/archive", name="archive: gone already"),
    get("/api/archiver?preset=default"),
    get("/api/archiver?preset=default&ids=generic+x"),
    post("/api/archiver", {"preset": "default", "items": ["generic x", "generic y"]}),
    post("/api/archiver", {"preset": "default", "items": []}, "archiver: nothing"),
    get("/api/archiver"),
    delete("/api/archiver", {"preset": "default", "items": ["generic x"]}),
    delete("/api/archiver", {"preset": "default", "items": ["generic never"]}, "archiver: of nothing"),
    post("/api/system/pause"),
    post("/api/system/pause", name="pause: again"),
    post("/api/history", {"url": "{origin}/clip-{run}-held.mp4"}, "add: while paused"),
    get("/api/history/live", "live: while paused", until=("queue.*.auto_start", True), keep={"held": "queue.*._id"}),
    post("/api/system/resume"),
    post("/api/system/resume", name="resume: again"),
    delete("/api/history", {"type": "done", "ids": ["{done}"], "remove_file": False}),
    delete("/api/history", {"type": "done", "ids": ["nosuch"]}, "delete: no such item"),
    delete("/api/history", {"type": "done", "status": "cancelled", "remove_file": False}, "delete: by status"),
    delete("/api/history", {"type": "queue", "ids": ["nosuch"]}, "delete: not in the queue"),
    delete("/api/history", {"type": "nosuch", "ids": ["x"]}, "delete: no such list"),
    delete("/api/history", {}, "delete: nothing"),
]

FILES = [
    get("/api/file/browser/"),
    get("/api/file/browser/talks"),
    get("/api/file/browser/nosuch"),
    get("/api/file/browser/?search=clip&sort_by=size&sort_order=desc&per_page=2"),
    get("/api/file/info/talks/clip-{run}-three.mp4"),
    get("/api/file/info/nosuch.mp4"),
    get("/api/file/ffprobe/talks/clip-{run}-three.mp4"),
    get("/api/player/playlist/talks/clip-{run}-three.mp4.m3u8"),
    get("/api/player/playlist/nosuch.mp4.m3u8"),
    get("/api/player/m3u8/video/talks/clip-{run}-three.mp4.m3u8"),
    get("/api/player/subtitles/manifest/talks/clip-{run}-three.mp4", pages=(AUGUST,)),
    post("/api/file/actions", [{"action": "directory", "path": "/", "new_dir": "made/{run}"}]),
    post(
        "/api/file/actions", [{"action": "rename", "path": "clip-{run}-two.mp4", "new_name": "two-{run}.mp4"}], "rename"
    ),
    post(
        "/api/file/actions", [{"action": "rename", "path": "nosuch.mp4", "new_name": "x.mp4"}], "rename: no such file"
    ),
    post("/api/file/actions", [{"action": "move", "path": "two-{run}.mp4", "new_path": "made/{run}"}], "move"),
    post("/api/file/actions", [{"action": "delete", "path": "made"}], "remove"),
    post("/api/file/actions", [{"action": "nosuch", "path": "x"}], "no such action"),
    post("/api/file/actions", {}, "no actions"),
    post("/api/file/download", ["talks/clip-{run}-three.mp4"], keep={"token": "token"}),
    post("/api/file/download", [], "zip: nothing"),
    post("/api/file/download", ["nosuch.mp4"], "zip: no such file"),
    get("/api/file/download/nosuch"),
    get("/api/logs?limit=5"),
    get("/api/logs?offset=-1"),
    get("/api/logs/level", pages=(AUGUST,)),
    post("/api/logs/level/debug", pages=(AUGUST,)),
    post("/api/logs/level/nosuch", pages=(AUGUST,)),
    post("/api/logs/level/info", pages=(AUGUST,)),
]

PRESET = {
    "name": "compared_{run}", "description": "d", "folder": "f", "template": "%(id)s.%(ext)s", "cookies": "",
    "cli": "--no-mtime", "priority": 1,
}  # fmt: skip
CONDITION = {
    "name": "compared_{run}", "filter": "duration > 100000", "cli": "--no-mtime", "extras": {},
    "enabled": True, "priority": 0, "description": "",
}  # fmt: skip
FIELD = {
    "name": "compared_{run}", "description": "d", "field": "--compared-{run}", "kind": "string", "icon": "", "order": 1,
    "value": "", "extras": {},
}  # fmt: skip
TARGET = {
    "name": "compared_{run}", "on": ["item_completed"], "presets": ["default"], "enabled": False,
    "request": {
        "type": "json", "method": "POST", "url": "{origin}/__hook/compared", "data_key": "data",
        "headers": [{"key": "X-Compared", "value": "1"}],
    },
}  # fmt: skip

RULES = [
    *resource("/api/presets", PRESET, {"description": "changed"}, {"name": ""}),
    get("/api/presets?filter=name", "presets: names alone"),
    get("/api/presets/?exclude_defaults=true", pages=(AUGUST,)),
    *resource("/api/conditions", CONDITION, {"enabled": False}, {"name": "x", "filter": "duration >"}),
    post(
        "/api/conditions/test", {"url": "{origin}/clip-{run}-condition.mp4", "condition": "duration > 1", "preset": ""}
    ),
    post("/api/conditions/test", {"url": "", "condition": ""}, "test: nothing"),
    post("/api/conditions/test", {"url": "{origin}/clip-{run}-condition.mp4", "condition": "a & >"}, "test: no filter"),
    *resource("/api/dl_fields", FIELD, {"description": "changed"}, {"name": "x", "field": "no-dashes"}),
    *resource("/api/notifications", TARGET, {"on": []}, {"name": "x", "request": {"url": "nowhere"}}),
    get("/api/notifications/events/"),
    post("/api/notifications/test"),
]

TASK = {
    "name": "compared_{run}", "url": "{origin}/feed/3.rss?{run}", "timer": "5 4 1 1 *", "preset": "default",
    "folder": "", "template": "", "cli": "", "auto_start": True, "handler_enabled": True, "enabled": True,
}  # fmt: skip
MARCH_DEFINITION = {
    "name": "compared_{run}", "priority": 1, "enabled": True, "match_url": ["http://127.0.0.1*/page-compared*"],
    "definition": {
        "engine": {"type": "httpx", "options": {}}, "request": {"method": "GET", "headers": {}, "params": {}},
        "response": {"type": "html"},
        "parse": {
            "items": {
                "type": "css", "selector": "a",
                "fields": {
                    "link": {"type": "css", "expression": "a", "attribute": "href"},
                    "title": {"type": "css", "expression": "a", "attribute": "text"},
                },
            }
        },
    },
}  # fmt: skip
AUGUST_DEFINITION = MARCH_DEFINITION | {
    "definition": {
        "engine": {"type": "http"}, "request": {"method": "GET"}, "response": {"type": "html"},
        "parse": {
            "items": {
                "type": "css", "selector": "a",
                "fields": {
                    "url": {"type": "css", "expression": "a", "attribute": "href"},
                    "title": {"type": "css", "expression": "a", "attribute": "text"},
                },
            }
        },
    }
}  # fmt: skip


def definition(body: dict[str, Any], page: str) -> list[Step]:
    """A definition's life, in the spelling of one version's page."""
    path = "/api/tasks/definitions"
    steps = [
        post(f"{path}/", body, keep={"definition": "id"}),
        post(f"{path}/", {"name": "x"}, "definition: wrong"),
        get(f"{path}/"),
        get(f"{path}/?include=definition"),
        get(f"{path}/{{definition}}"),
        Step("definition replaced", "PUT", f"{path}/{{definition}}", body),
        Step("definition changed", "PATCH", f"{path}/{{definition}}", {"enabled": False}),
        delete(f"{path}/{{definition}}"),
        delete(f"{path}/{{definition}}", name="definition: gone already"),
        get(f"{path}/999999"),
    ]
    return [Step(**{**vars(step), "pages": (page,)}) for step in steps]


TASKS = [
    post("/api/tasks", [TASK], keep={"task": "*.id"}, pages=(MARCH,)),
    post("/api/tasks/", TASK, keep={"task": "id"}, pages=(AUGUST,)),
    post("/api/tasks/", TASK, "tasks: again"),
    post("/api/tasks/", {"name": "x", "url": "{origin}/feed/2.rss", "timer": "never"}, "tasks: no timer"),
    get("/api/tasks/"),
    get("/api/tasks/{task}"),
    Step("task changed", "PATCH", "/api/tasks/{task}", {"enabled": False}),
    Step("task replaced", "PUT", "/api/tasks/{task}", TASK),
    post("/api/tasks/inspect", {"url": "{origin}/feed/3.rss", "preset": "default"}),
    post("/api/tasks/inspect", {"url": "{origin}/clip-inspect.mp4"}, "inspect: no handler"),
    post("/api/tasks/inspect", {}, "inspect: nothing"),
    post("/api/tasks/{task}/mark"),
    delete("/api/tasks/{task}/mark"),
    post("/api/tasks/{task}/metadata"),
    delete("/api/tasks/{task}"),
    get("/api/tasks/{task}", "tasks: gone"),
    *definition(MARCH_DEFINITION, MARCH),
    *definition(AUGUST_DEFINITION, AUGUST),
    post(
        "/api/tasks/definitions/inspect",
        {"url": "{origin}/links/3.html", "document": AUGUST_DEFINITION, "preset": "default"},
        pages=(AUGUST,),
    ),
    get("/api/tasks/definitions/impersonate-targets", pages=(AUGUST,)),
]

_STREAM = {"Accept": "text/event-stream"}
CONSOLE = [
    post("/api/system/terminal", {"command": "--version"}, headers=_STREAM, seconds=30, pages=(MARCH,)),
    post(
        "/api/system/terminal",
        {"command": "--version"},
        headers={"Accept": "application/json"},
        keep={"session": "session_id"},
        pages=(AUGUST,),
    ),
    get("/api/system/terminal/{session}", until=("status", "completed"), pages=(AUGUST,)),
    get("/api/system/terminal/{session}/stream", headers=_STREAM, seconds=5, pages=(AUGUST,)),
    get("/api/system/terminal", pages=(AUGUST,)),
    get("/api/system/terminal/active", pages=(AUGUST,)),
    delete("/api/system/terminal/{session}", pages=(AUGUST,)),
    get("/api/system/terminal/nosuch", pages=(AUGUST,)),
    post("/api/system/terminal", {}, "terminal: nothing"),
]

JOURNEY = [*SYSTEM, *ITEMS, *FILES, *RULES, *TASKS, *CONSOLE]
