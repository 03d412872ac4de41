"""Continuing a download where it stopped, without losing data. Needs no yt-dlp; the child has `resume_patches`.

Kept are `.part`, `.ytdl`, what is known of their source, and finished format files; never `*-Frag*`: a complete
fragment is answered with 416 on the retry, and yt-dlp would skip it and report success. A file counts as finished when
`state.json` says so with its size: what a post-processor was writing when the worker died looks the same otherwise.
Every write here is atomic, so a worker may be killed at any moment.

Beside each `.part` lies its record (`.source.json`, `.ytdl`, `.live.json`). It tells up to which length the file stays
as it is, and its generation: a file that begins anew has another one. The old file goes before the new record comes, so
what is read between two looks at the same record belongs to it.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlambda.domain.messages.codec import from_fields, to_fields
from dlambda.errors import Invalid
from dlambda.media.ytdlp.work_layout import HOME, TEMP
from dlambda.media.ytdlp.worker_messages import Result

_FRAGMENT = re.compile(r"-Frag\d+(\.part)?$")
_PART, _YTDL, _SOURCE, _LIVE = ".part", ".ytdl", ".source.json", ".live.json"
_UNFINISHED = (_PART, _YTDL, _SOURCE, _LIVE)
_STATE = "state.json"


def new_generation() -> str:
    """The name of a file's new beginning."""
    return secrets.token_hex(8)


def write_json(path: Path, value: object) -> None:
    """All or nothing."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(value), encoding="utf-8")
    beside.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; `{}` when it is missing or broken."""
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except OSError:
        return {}


def _parse(text: str) -> dict[str, Any]:
    """The object that a text is; `{}` for a broken one."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


@dataclass(frozen=True, slots=True)
class StableFile:
    """A file of the work folder, up to the length that no run changes any more.

    `name` is relative to the folder; `record`: name and text of the file that tells so; None for a finished one.
    `size_bytes` None: all that is there.
    """

    name: str
    generation: str
    size_bytes: int | None
    record: tuple[str, str] | None = None


def stable_files(workdir: Path) -> Iterator[StableFile]:
    """The files that a next run continues from, also while a worker writes them."""
    state = State.load(workdir)
    for path in _files(workdir / TEMP):
        name = path.relative_to(workdir).as_posix()
        if path.name.endswith(_PART) and not _FRAGMENT.search(path.name):
            if (unfinished := find_unfinished(workdir, name)) is not None:
                yield unfinished
        elif state.is_finished(path):
            yield _as_finished(state, name)


def find_stable(workdir: Path, name: str) -> StableFile | None:
    """The file `name` of the folder, finished or not; None for one that no run continues from."""
    state = State.load(workdir)
    return _as_finished(state, name) if state.is_finished(workdir / name) else find_unfinished(workdir, name)


def _as_finished(state: "State", name: str) -> StableFile:
    entry = state.finished[name]
    return StableFile(name, f"finished {entry.get('format_id')}", entry["size"])


def stable_bytes(workdir: Path) -> int:
    """How much of a download is there."""
    return sum(length_of(workdir, file) for file in stable_files(workdir))


def length_of(workdir: Path, file: StableFile) -> int:
    """The bytes of a file that no run changes any more; 0 when it has gone."""
    if file.size_bytes is not None:
        return file.size_bytes
    return _size_of(workdir / file.name) or 0


def has_begun_anew(workdir: Path, file: StableFile) -> bool:
    """True if the file is another one by now."""
    if file.record is None:
        return False
    present = find_unfinished(workdir, file.name)
    return present is None or present.generation != file.generation


def length_of_source(record: tuple[str, str] | None) -> int | None:
    """The length that a direct download will have; None when its record does not tell."""
    length = _parse(record[1]).get("length") if record else None
    return length if isinstance(length, int) else None


def find_unfinished(workdir: Path, name: str) -> StableFile | None:
    """The unfinished file `name` as its record has it; None without one that tells anything."""
    for record in (name + _SOURCE, name.removesuffix(_PART) + _YTDL, name + _LIVE):
        try:
            text = (workdir / record).read_text(encoding="utf-8")
        except OSError:
            continue
        document = _parse(text)
        fields = document.get("downloader", {}) if record.endswith(_YTDL) else document
        size_bytes = None if record.endswith(_SOURCE) else int(fields.get("part_bytes") or fields.get("bytes") or 0)
        return StableFile(name, str(fields.get("generation")), size_bytes, (record, text))
    return None


def state_text(workdir: Path) -> str | None:
    """`state.json` without a result: the files of one are not among the `stable_files`. None without a state."""
    state = read_json(workdir / _STATE)
    return json.dumps(state | {"result": None}) if state else None


def write_state(workdir: Path, text: str) -> None:
    """Brings back what `state_text` has answered."""
    (workdir / _STATE).write_text(text, encoding="utf-8")


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
        if entry is None or _size_of(path) != entry.get("size"):
            return False
        return format_id is None or entry.get("format_id") == format_id

    def keeps(self, path: Path) -> bool:
        """True if a file in `temp` is worth keeping for the next run."""
        if _FRAGMENT.search(path.name):
            return False
        return path.name.endswith(_UNFINISHED) or self.is_finished(path)


def _size_of(path: Path) -> int | None:
    """The size of a file; None where there is none."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


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
