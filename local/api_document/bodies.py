"""Bodies that routes read by hand, since each of their errors has a documented text: what a right one looks like."""

from typing import Any

Json = dict[str, Any]

_ACTION: Json = {
    "title": "FileActionInput",
    "description": "`new_name`, `new_path` or `new_dir` goes with `rename`, `move` or `directory`.",
    "type": "object",
    "required": ["action", "path"],
    "properties": {
        "action": {"type": "string", "enum": ["rename", "delete", "move", "directory"]},
        "path": {"type": "string", "description": "below the download root"},
        "new_name": {"type": "string"},
        "new_path": {"type": "string", "description": "the folder to move to; empty: the root"},
        "new_dir": {"type": "string"},
    },
    "examples": [{"action": "rename", "path": "videos/a.mp4", "new_name": "b.mp4"}],
}
_NFO: Json = {
    "title": "NfoInput",
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["tv", "movie"], "default": "tv"},
        "overwrite": {"type": "boolean", "default": False},
    },
    "examples": [{"type": "movie", "overwrite": True}],
}
_COMMAND: Json = {
    "title": "TerminalCommand",
    "type": "object",
    "required": ["command"],
    "properties": {"command": {"type": "string", "description": "what follows `yt-dlp`"}},
    "examples": [{"command": "--version"}],
}
_FILES: Json = {
    "title": "ZipInput",
    "description": "Paths below the download root.",
    "type": "array",
    "items": {"type": "string"},
    "minItems": 1,
    "examples": [["videos/a.mp4", "videos/b.mp4"]],
}
SCHEMAS: Json = {schema["title"]: schema for schema in (_ACTION, _NFO, _COMMAND, _FILES)}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(schema: Json, *, required: bool = True) -> Json:
    return {"content": {"application/json": {"schema": schema}}, "required": required}


BODIES = {
    "post /api/file/actions": _body({"type": "array", "items": _reference("FileActionInput"), "minItems": 1}),
    "post /api/file/download": _body(_reference("ZipInput")),
    "post /api/history/{id}/nfo": _body(_reference("NfoInput"), required=False),
    "post /api/system/terminal": _body(_reference("TerminalCommand")),
}
"""Method and path -> the request body."""
