"""Answers of `/api/ping`, `/api/system/*` and `/api/docs*` (docs/contract/system.md 4, 5, 7)."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Pong(BaseModel):
    status: str


class Message(BaseModel):
    message: str


class Folder(BaseModel):
    name: str
    path: str


class Configuration(BaseModel):
    """What a client needs to begin: read at each page load and each WebSocket connect."""

    model_config = ConfigDict(extra="allow")

    app: dict[str, Any]
    presets: list[dict[str, Any]]
    dl_fields: list[dict[str, Any]]
    paused: bool
    folders: list[Folder]
    history_count: int
    queue: list[dict[str, Any]]
