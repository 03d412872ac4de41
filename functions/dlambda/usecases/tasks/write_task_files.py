"""Writes what media centres read of a task's channel: info, NFO and images (docs/contract/tasks.md 2, metadata)."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.nfo import show_nfo_text
from dlambda.domain.items.credentials import without_credentials
from dlambda.domain.paths.home import at_home, from_home
from dlambda.domain.paths.paths import object_key
from dlambda.domain.tasks.channel import describe, file_name, find_images
from dlambda.domain.tasks.task import Task
from dlambda.errors import AppError, Invalid
from dlambda.media.handlers.client import Client
from dlambda.media.workers.ytdlp_queries import effective, folder_of_template
from dlambda.usecases.files.folders import note_files
from dlambda.usecases.rules.presets import preset_for
from dlambda.usecases.tasks.source_info import read_source
from dlambda.usecases.tasks.task_options import client_for, texts_of_task

log = logging.getLogger(__name__)

_IMAGE_SECONDS: Final = 5.0


def write_task_files(task: Task, owner: str = "") -> dict[str, Any]:
    """Writes the files, over older ones, and answers what it wrote. Raises `Invalid` with the documented texts.

    `owner`: the member who asks, whose paths begin at its home; empty for admins.
    """
    folder = _own_folder(task)
    texts = texts_of_task(task)
    info = read_source(task.url, texts, task.preset, entries=False)
    if not info:
        raise Invalid("Failed to get metadata.")
    facts = describe(info)
    if not facts["title"]:
        raise Invalid("Failed to get title from metadata.")
    folder = folder or _folder_of_template(task, info)
    info_path = _in(folder, f"{file_name(facts['title'])} [{file_name(facts['id'])}].info.json")
    nfo_path = _in(folder, "tvshow.nfo")
    _put(info_path, json.dumps(without_credentials(info), ensure_ascii=False, indent=2).encode())
    _put(nfo_path, show_nfo_text(facts).encode())
    images = write_images(folder, find_images(info.get("thumbnails")), client_for(effective(texts)))
    note_files([info_path, nfo_path, *images.values()])
    home = task.home if owner else ""
    return {
        **facts,
        "json_file": from_home(home, info_path),
        "nfo_file": from_home(home, nfo_path),
        "thumbnails": {kind: from_home(home, path) for kind, path in images.items()},
    }


def _own_folder(task: Task) -> str:
    try:
        return at_home(task.home, task.folder) if task.folder.strip("/") else ""
    except Invalid:
        raise Invalid("Invalid task folder.") from None


def _folder_of_template(task: Task, info: Mapping[str, Any]) -> str:
    preset = preset_for(task.preset)
    template = task.template or preset.template or current().settings.output_template
    try:
        return at_home(task.home, _in(preset.folder.strip("/"), folder_of_template(template, info)))
    except Invalid:
        raise Invalid("Invalid final path folder.") from None


def _in(folder: str, name: str) -> str:
    return "/".join(part for part in (folder, name) if part)


def _put(path: str, body: bytes) -> None:
    bucket.put_bytes(object_key(path), body, content_type(path))


def write_images(folder: str, images: Mapping[str, str], client: Client) -> dict[str, str]:
    """Kind to path of those that could be fetched; each address is asked once."""
    bodies: dict[str, bytes | None] = {}
    paths: dict[str, str] = {}
    for kind, url in images.items():
        if url not in bodies:
            bodies[url] = _image(url, client)
        body = bodies[url]
        if body:
            paths[kind] = _in(folder, f"{kind}.jpg")
            _put(paths[kind], body)
    return paths


def _image(url: str, client: Client) -> bytes | None:
    try:
        answer = client.send(url, timeout_seconds=_IMAGE_SECONDS)
    except AppError as error:
        log.warning("An image of a channel could not be fetched: %s", error.message, extra={"url": url})
        return None
    return answer.body if answer.content_type.startswith("image/") else None
