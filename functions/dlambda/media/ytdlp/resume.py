"""Continuing a download where it stopped, without losing data. Needs no yt-dlp; the child has `resume_patches`.

Kept are `.part`, `.ytdl`, what is known of their source, and finished format files; never `*-Frag*`: a complete
fragment is answered with 416 on the retry, and yt-dlp would skip it and report success. A file counts as finished when
`state.json` says so with its size: what a post-processor was writing when the worker died looks the same otherwise.
Every write here is atomic, so a worker may be killed at any moment.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlambda.domain.messages.codec import from_fields, to_fields
from dlambda.errors import Invalid
from dlambda.media.ytdlp.work_layout import HOME, TEMP
from dlambda.media.ytdlp.worker_messages import Result

_FRAGMENT = re.compile(r"-Frag\d+(\.part)?$")
_UNFINISHED = (".part", ".ytdl", ".source.json", ".live.json")
_STATE = "state.json"


def write_json(path: Path, value: object) -> None:
    """All or nothing."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(value), encoding="utf-8")
    beside.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; `{}` when it is missing or broken."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _read_result(fields: object) -> Result | None:
    """The result that an earlier run wrote; None for a broken one."""
    try:
        return from_fields(Result, fields) if isinstance(fields, Mapping) else None
    except Invalid:
        return None


@dataclass
class State:
    """The state of an item's work folder: whose it is, which files are finished, and the result once there is one."""

    workdir: Path
    item_id: str = ""
    finished: dict[str, dict[str, Any]] = field(default_factory=dict)  # path in the workdir -> {size, format_id}
    result: Result | None = None
    live_title: str | None = None  # yt-dlp adds the minute to a live title; the recording keeps that of its first run

    @classmethod
    def load(cls, workdir: Path) -> "State":
        document = read_json(workdir / _STATE)
        finished = document.get("finished")
        return cls(
            workdir=workdir,
            item_id=str(document.get("item_id", "")),
            finished=finished if isinstance(finished, dict) else {},
            result=_read_result(document.get("result")),
            live_title=document.get("live_title") if isinstance(document.get("live_title"), str) else None,
        )

    def save(self) -> None:
        value = {
            "item_id": self.item_id,
            "finished": self.finished,
            "result": to_fields(self.result) if self.result else None,
        }
        write_json(self.workdir / _STATE, {**value, "live_title": self.live_title})

    def note_finished(self, path: Path, format_id: str | None) -> None:
        """A downloader has completed `path`."""
        if path.is_file():
            name = os.path.relpath(path, self.workdir)
            self.finished[name] = {"size": path.stat().st_size, "format_id": format_id}
            self.save()

    def is_finished(self, path: Path, format_id: str | None = None) -> bool:
        """True if `path` is complete, and of that format when one is given."""
        entry = self.finished.get(os.path.relpath(path, self.workdir))
        if entry is None or not path.is_file() or path.stat().st_size != entry.get("size"):
            return False
        return format_id is None or entry.get("format_id") == format_id

    def keeps(self, path: Path) -> bool:
        """True if a file in `temp` is worth keeping for the next run."""
        if _FRAGMENT.search(path.name):
            return False
        return path.name.endswith(_UNFINISHED) or self.is_finished(path)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def snapshot(workdir: Path) -> list[Path]:
    """The files that let a download continue elsewhere, sorted. Take it while no worker runs."""
    state = State.load(workdir)
    files = [path for path in _files(workdir / TEMP) if state.keeps(path)]
    return [*([workdir / _STATE] if (workdir / _STATE).is_file() else []), *files]


def can_continue(workdir: Path) -> bool:
    """True if something of a download lies there that the next run need not fetch again."""
    return any(path.name != _STATE for path in snapshot(workdir))


def prepare(workdir: Path, item_id: str, *, keep: bool = True) -> State:
    """Makes the folder fit for a run and answers its state.

    Removes what must not be met again: fragments, half-made files, results that nobody took over. `keep` false
    (`--no-continue`) removes everything, unless it is this item's own earlier run.
    """
    state = State.load(workdir)
    is_same_item = state.item_id == item_id
    if is_same_item and state.result is not None:
        return state
    for path in _files(workdir / TEMP):
        if not state.keeps(path) or not (keep or is_same_item):
            path.unlink()
    for path in _files(workdir / HOME):
        path.unlink()
    state.finished = {name: entry for name, entry in state.finished.items() if (workdir / name).is_file()}
    state.item_id, state.result = item_id, None
    state.live_title = state.live_title if is_same_item else None
    for folder in (HOME, TEMP):
        (workdir / folder).mkdir(parents=True, exist_ok=True)
    state.save()
    return state
