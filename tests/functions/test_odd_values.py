"""Ids, tokens, names, paths and numbers of any length and kind: whatever a client puts into a parameter of the document,
the answer is a documented refusal and never a server error (contract README, Codes).
"""

import importlib
import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from dlambda.aws import bucket
from dlambda.domain.rules.resource import PRESETS
from dlambda.usecases.orders.keys import make_first_key
from dlambda.usecases.rules.resources import create
from local import template
from local.api_document.groups import document_of
from tests.functions.calls import Client

DOCUMENT = json.loads((Path(template.ROOT) / "functions/endpoints/system/openapi.json").read_text())["paths"]
ADMIN_KEY = "odd-values"
METHODS = ("get", "post", "put", "patch", "delete")
# These ask a site outside, or change the machine.
OUTSIDE = frozenset({"/api/random/background", "/api/system/shutdown", "/api/system/check-updates", "/api/logs/stream"})
LONG = "a" * 5000
LONGEST_KEYS = {"one byte over a partition key": "a" * 2049, "one byte over a sort key": "a" * 1025}
TEXTS = {
    **LONGEST_KEYS,
    "long": LONG,
    "long of many bytes": "é" * 1025,
    "emoji": "😀" * 300,
    "null": "a\0b",
    "control": "a\x07\x1b[31mb",
    "line break": "a\r\nX-Header: b",
    "blank": " ",
    "dots": "..",
    "backslashes": "..\\..\\x",
    "escapes": "%2e%2e%2fx",
    "doubly escaped": "%252e%252e",
    "direction": "a\u202eb\u2066c",
    "zero width": "\u200b",
    "quotes": "'\"`;--",
    "object": "__proto__",
    "key of an own row": "open",
    "hash": "a#b",
    "template": "%(title)s",
}
NUMBERS = {
    "zero": "0",
    "negative": "-1",
    "largest signed": str(2**63 - 1),
    "over signed": str(2**63),
    "38 digits": "9" * 38,
    "39 digits": "9" * 39,
    "400 digits": "9" * 400,
    "5000 digits": "9" * 5000,
    "infinite": "1e309",
    "nan": "nan",
    "inf": "inf",
    "fraction": "1.5",
    "arabic digits": "٣",
    "superscript": "²",
    "circled": "①",
    "wide digits": "１",
    "underscore": "1_0",
    "plus": "+1",
    "hexadecimal": "0x10",
    "blank around": " 1 ",
}
VALUES = TEXTS | NUMBERS
# For parameters that are no keys.
FEW = ("long", "null", "control", "escapes", "direction", "blank", "negative", "over signed", "400 digits", "5000 digits",
       "infinite", "nan", "arabic digits")  # fmt: skip


def operations(kind: str) -> Iterator[tuple[str, str, str]]:
    """(method, path, parameter) of each parameter of the document that is a part of the path, or of the query."""
    for path, methods in DOCUMENT.items():
        for method in METHODS:
            for parameter in methods.get(method, {}).get("parameters", ()):
                if parameter["in"] == kind and path not in OUTSIDE:
                    yield method.upper(), path, parameter["name"]


def values_for(method: str, path: str, parameter: str) -> dict[str, str]:
    """All values for texts in a path; of the others the numbers, or a few of each kind."""
    (schema,) = [one for one in DOCUMENT[path][method.lower()]["parameters"] if one["name"] == parameter]
    if schema["in"] == "query":
        return {name: VALUES[name] for name in FEW}
    return NUMBERS | {"long": LONG} if schema["schema"]["type"] == "integer" else VALUES


@lru_cache(maxsize=1)
def groups() -> dict[str, str]:
    """Path of the document -> the module of the group that answers it."""
    modules = {route.function.module.split(".")[-2] for route in template.read().routes}
    return {
        path: name
        for name in modules
        for path in document_of(importlib.import_module(f"endpoints.{name}.main").app)["paths"]
    }


@pytest.fixture
def ask(group: Callable[[str], Client], configure: Callable[..., None]) -> Callable[..., int]:
    """Sends one request to the group that answers `path`; the status."""
    configure(browser_control_enabled="true", console_enabled="true", admin_key=ADMIN_KEY, extract_info_timeout="5")
    make_first_key()

    def send(method: str, path: str, address: str, **options: Any) -> int:
        status, body = group(groups()[path]).call(method, address, headers={"X-API-Key": ADMIN_KEY}, **options)
        if status >= 400:
            assert {"error", "code"} <= (body or {}).keys(), f"{method} {address[:200]} answers {status} without a text"
        return status

    return send


def documented(method: str, path: str) -> set[int]:
    """The statuses that the document allows, without the 500 of what nobody expects."""
    return {int(status) for status in DOCUMENT[path][method.lower()]["responses"]} - {500}


def unexpected(statuses: dict[str, int], allowed: set[int]) -> dict[str, int]:
    return {name: status for name, status in statuses.items() if status not in allowed}


@pytest.mark.parametrize(("method", "path", "parameter"), list(operations("path")))
def test_parts_of_paths(ask: Callable[..., int], method: str, path: str, parameter: str) -> None:
    body: dict[str, Any] = {"json": {}} if method in {"POST", "PUT", "PATCH"} else {}
    statuses = {}
    for name, value in values_for(method, path, parameter).items():
        others = re.sub(r"{(?!" + parameter + "})[^}]*}", "x", path)
        statuses[name] = ask(method, path, others.replace(f"{{{parameter}}}", quote(value, safe="")), **body)
    assert unexpected(statuses, documented(method, path) | {404, 405}) == {}


@pytest.mark.parametrize(("method", "path", "parameter"), list(operations("query")))
def test_queries(ask: Callable[..., int], method: str, path: str, parameter: str) -> None:
    address = re.sub(r"{[^}]*}", "1", path)
    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    statuses = {
        name: ask(method, path, f"{address}?{parameter}={quote(value, safe='')}", **body)
        for name, value in VALUES.items()
    }
    assert unexpected(statuses, documented(method, path) | {404}) == {}


URL = "https://video.example/x"
BODIES: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "items to start": ("POST", "/api/history/start", lambda value: {"ids": [value]}),
    "items to hold": ("POST", "/api/history/pause", lambda value: {"ids": [value]}),
    "items to cancel": ("POST", "/api/history/cancel", lambda value: {"ids": [value]}),
    "items to delete": ("DELETE", "/api/history", lambda value: {"type": "done", "ids": [value]}),
    "statuses to delete": ("DELETE", "/api/history", lambda value: {"type": "done", "status": value}),
    "preset of an item": ("POST", "/api/history", lambda value: {"url": URL, "preset": value}),
    "folder of an item": ("POST", "/api/history", lambda value: {"url": URL, "folder": value, "auto_start": False}),
    "template of an item": ("POST", "/api/history", lambda value: {"url": URL, "template": value, "auto_start": False}),
    "host of an item": ("POST", "/api/history", lambda value: {"url": f"https://{value}/"}),
    "archive to add to": ("POST", "/api/archiver", lambda value: {"preset": value, "items": ["youtube x"]}),
    "archive entries": ("POST", "/api/archiver", lambda value: {"preset": "default", "items": [value]}),
    "archive entries to take": ("DELETE", "/api/archiver", lambda value: {"preset": "default", "items": [value]}),
    "archive entries of a preset with an archive": (
        "POST", "/api/archiver", lambda value: {"preset": "kept", "items": [f"youtube {value}"]},
    ),
    "files of a ZIP": ("POST", "/api/file/download", lambda value: [value]),
    "file to delete": ("POST", "/api/file/actions", lambda value: [{"action": "delete", "path": value}]),
    "file to rename": (
        "POST", "/api/file/actions", lambda value: [{"action": "rename", "path": value, "new_name": "x"}],
    ),
    "new name": ("POST", "/api/file/actions", lambda value: [{"action": "rename", "path": "a.mp4", "new_name": value}]),
    "new path": ("POST", "/api/file/actions", lambda value: [{"action": "move", "path": "a.mp4", "new_path": value}]),
    "new folder": ("POST", "/api/file/actions", lambda value: [{"action": "directory", "path": "", "new_dir": value}]),
    "name of a preset": ("POST", "/api/presets", lambda value: {"name": value}),
    "name of a condition": ("POST", "/api/conditions", lambda value: {"name": value, "filter": "duration > 1"}),
    "name of a field": ("POST", "/api/dl_fields", lambda value: {"name": value, "field": value}),
    "name of a target": ("POST", "/api/notifications", lambda value: {"name": value, "request": {"url": URL}}),
    "name of a task": ("POST", "/api/tasks", lambda value: {"name": value, "url": URL}),
    "preset of a task": ("POST", "/api/tasks", lambda value: {"name": "x", "url": URL, "preset": value}),
    "timer of a task": ("POST", "/api/tasks", lambda value: {"name": "x", "url": URL, "timer": value}),
    "name of a definition": ("POST", "/api/tasks/definitions", lambda value: {"name": value, "definition": {}}),
    "definition to inspect": ("POST", "/api/tasks/definitions/inspect", lambda value: {"url": URL, "id": value}),
    "preset to inspect": ("POST", "/api/tasks/inspect", lambda value: {"url": URL, "preset": value, "handler": value}),
    "condition to test": ("POST", "/api/conditions/test", lambda value: {"url": value, "condition": value}),
    "addresses": ("POST", "/api/yt-dlp/archive_id", lambda value: [value]),
    "options": ("POST", "/api/yt-dlp/convert", lambda value: {"args": value}),
    "command": ("POST", "/api/yt-dlp/command", lambda value: {"url": URL, "preset": value, "folder": value}),
    "name of a key": ("POST", "/create_key", lambda value: {"name": value, "permissions": ["get_video"]}),
    "permissions": ("POST", "/check_permissions", lambda value: {"permissions": [value]}),
    "time of a clip": ("POST", "/get_video", lambda value: {"url": URL, "start_time": value, "end_time": value}),
    "length of a recording": ("POST", "/get_live_video", lambda value: {"url": URL, "duration": value}),
    "format": ("POST", "/get_audio", lambda value: {"url": URL, "audio_format": value, "output_format": value}),
}  # fmt: skip


def _numbers() -> dict[str, Any]:
    """What JSON calls a number, too."""
    return {"number -1": -1, "number 2**63": 2**63, "number of 400 digits": 10**400, "number 1e308": 1e308}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(ask: Callable[..., int], name: str) -> None:
    bucket.put_bytes("files/a.mp4", b"film", "video/mp4")
    create(PRESETS, {"name": "kept", "cli": "--download-archive kept.txt"})
    method, path, body = BODIES[name]
    statuses = {kind: ask(method, path, path, json=body(value)) for kind, value in (VALUES | _numbers()).items()}
    assert unexpected(statuses, documented(method, path) | {403}) == {}
