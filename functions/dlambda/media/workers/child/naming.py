"""Inside a worker process: the names of a download's files. Each is short enough for every file system, none is taken.

A name that is too long is evaluated again with shorter texts in its fields, so that what follows a long title (an id, a
number, the extension) stays. A media file and its sidecars share what stands before the extension; a name of its own
(a chapter's, or that of a sidecar with a template of its own) is looked at by itself.
"""

import hashlib
from collections.abc import Callable, Hashable
from pathlib import PurePosixPath
from typing import Any

from yt_dlp.utils import OUTTMPL_TYPES, DownloadError

from dlambda.domain.files.name_length import cut_bytes
from dlambda.media.workers.child.downloader import Downloader

MOST_NAME_BYTES = 200  # of 255; ` (2)`, `.f137.webm` and `.part.source.json.new` come behind
_MOST_ID_BYTES = 24
_MOST_ENDING_BYTES = 40
_LEAST_FIELD_BYTES = 8
_NO_NAME = "The output template gives no file name."
_MEDIA_TEMPLATES = ("", "temp")  # of the media file itself; a sidecar without a name is left out
_UPWARDS = frozenset({".", ".."})
_CHAPTER, _OF_PLAYLIST = "chapter", "pl_"

Ask = Callable[[str], str]


class UniqueNames:
    """Names (without extension) that this download gives: `ask` says what makes one free among those of others.

    `key` tells the files of one download apart: two of them never get one name.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._by_key: dict[Hashable, str] = {}
        self._given: set[str] = set()

    def name_for(self, stem: str, key: Hashable) -> str:
        """`stem`, or `stem (2)` and so on."""
        if (stem, key) not in self._by_key:
            name = self._free(stem)
            self._by_key[(stem, key)] = name
            self._given.add(name)
        return self._by_key[(stem, key)]

    def _free(self, stem: str) -> str:
        number = 1
        while True:
            candidate = stem if number == 1 else f"{stem} ({number})"
            name = candidate if candidate in self._given else candidate + self._ask(candidate)
            if name not in self._given:
                return name
            number += 1


class Named(Downloader):
    """`YoutubeDL` whose files have such names. `ask`: see `UniqueNames`."""

    def __init__(self, params: dict[str, Any], *, ask: Ask, **options: Any) -> None:
        self._ask = ask
        self._names = UniqueNames(ask)
        self._processing = False  # a file; before and after that names are only printed
        self._main = ("", "")  # of the media file in hand: what its template gives, and the name that it has
        super().__init__(params, **options)

    def name_anew(self) -> None:
        """The files named so far are given up: their names are free for what is downloaded in their place."""
        self._names = UniqueNames(self._ask)

    def begin_file(self, name: str) -> None:
        """Called with the name (without extension) of a media file before anything of it is written."""

    def process_info(self, info_dict: dict[str, Any]) -> None:
        self._processing, self._main = True, ("", "")
        for part in info_dict.get("requested_formats") or ():
            part["format_id"] = _short_id(str(part.get("format_id")))
        try:
            super().process_info(info_dict)
        finally:
            self._processing = False

    def _prepare_filename(
        self, info_dict: dict[str, Any], *, outtmpl: str | None = None, tmpl_type: str | None = None
    ) -> str | None:
        if not self._processing and not (tmpl_type or "").startswith(_OF_PLAYLIST):
            return self._evaluate(info_dict, outtmpl=outtmpl, tmpl_type=tmpl_type)
        if tmpl_type == _CHAPTER:  # its fields are the chapter's; the media file's name is known by then
            return self._chapter_name(info_dict)
        short, main = self._shorten(info_dict, "")
        name = self._evaluate(short, outtmpl=outtmpl, tmpl_type=tmpl_type)
        if not name or name == "-":
            if tmpl_type in _MEDIA_TEMPLATES:
                raise DownloadError(_NO_NAME)
            return None
        stem = stem_of(main or name, str(info_dict.get("ext") or self.params.get("outtmpl_na_placeholder", "NA")))
        if name.startswith(f"{stem}.") or name == stem:
            unique = self._names.name_for(fitted(stem), _file_of(info_dict))
            if self._main != (stem, unique):
                self._main = (stem, unique)
                self.begin_file(unique)
            return unique + fitted_ending(name.removeprefix(stem))
        name = self._shorten(short, tmpl_type)[1] or name
        return self._own_name(name, (tmpl_type, _file_of(info_dict)), OUTTMPL_TYPES.get(tmpl_type or ""))

    def _chapter_name(self, info: dict[str, Any]) -> str | None:
        _, name = self._shorten(info, _CHAPTER)
        if not name or name == "-":
            return None
        stem, unique = self._main
        ending = name.removeprefix(stem)
        if stem and ending != name and not ending[:1].isalnum():
            name = unique + ending
        return self._own_name(name, (_CHAPTER, _file_of(info), info.get("section_number")))

    def _own_name(self, name: str, key: Hashable, extension: str | None = None) -> str:
        ending = f".{extension}" if extension and name.endswith(f".{extension}") else PurePosixPath(name).suffix
        ending = ending if len(ending.encode()) <= _MOST_ENDING_BYTES else ""
        stem = name.removesuffix(ending)
        return self._names.name_for(fitted(stem), key) + ending

    def evaluate_outtmpl(self, outtmpl: str, info_dict: dict[str, Any], *arguments: Any, **options: Any) -> str:
        """Some songs are called `...`: behind `_` such a name is no hidden file, and its extension can be told."""
        path = str(super().evaluate_outtmpl(outtmpl, info_dict, *arguments, **options))
        if not (arguments and arguments[0]):
            return path  # not sanitized: no name of a file, but a text of metadata
        folder, slash, last = path.rpartition("/")
        if _UPWARDS.isdisjoint(outtmpl.split("/")):  # else the template leads there, and is refused for that
            folder = "/".join(f"_{part}" if part in _UPWARDS else part for part in folder.split("/"))
        return f"{folder}{slash}{_by_name(last)}"

    def _evaluate(self, info: dict[str, Any], *, outtmpl: str | None = None, tmpl_type: str | None) -> str | None:
        return super()._prepare_filename(info, outtmpl=outtmpl, tmpl_type=tmpl_type)

    def _shorten(self, info: dict[str, Any], tmpl_type: str | None) -> tuple[dict[str, Any], str | None]:
        """`info` with texts so short that each part of the name fits, and that name; as it is when it fits."""
        name = self._evaluate(info, tmpl_type=tmpl_type)
        best, fits, over = (info, name), _LEAST_FIELD_BYTES - 1, MOST_NAME_BYTES + 1
        while not _fits(name) and over - fits > 1:
            limit = (fits + over) // 2
            short = {key: cut_bytes(value, limit) if _is_shown(key, value) else value for key, value in info.items()}
            shorter = self._evaluate(short, tmpl_type=tmpl_type)
            if _fits(shorter):
                best, fits = (short, shorter), limit
            else:
                over = limit
        return best


def _fits(name: str | None) -> bool:
    return all(len(part.encode()) <= MOST_NAME_BYTES for part in (name or "").split("/"))


def _short_id(format_id: str) -> str:
    """A short form of an id in the names of files that are merged; some sites give whole sentences."""
    if len(format_id.encode()) <= _MOST_ID_BYTES:
        return format_id
    digest = hashlib.sha256(format_id.encode()).hexdigest()[:8]
    return f"{cut_bytes(format_id, _MOST_ID_BYTES - len(digest) - 1)}-{digest}"


def _is_shown(key: str, value: object) -> bool:
    """True if a field is a text that may become shorter: not the extension."""
    return isinstance(value, str) and key != "ext"


def _file_of(info: dict[str, Any]) -> Hashable:
    """The part of a name that tells the media files of one download apart: formats, and sections of one."""
    return (info.get("id"), info.get("format_id"), info.get("section_start"), info.get("section_end"))


def _by_name(name: str) -> str:
    """`name` with `_` in front when it is dots and blanks before its extension."""
    stem = name.removesuffix(PurePosixPath(name).suffix)
    only_dots = stem != name and stem.strip() and not stem.strip(" .")
    return f"_{name}" if only_dots else name


def fitted(path: str, most_bytes: int = MOST_NAME_BYTES) -> str:
    """`path` (without extension) with every part short enough for file systems."""
    return "/".join(cut_bytes(part, most_bytes).rstrip() for part in path.split("/"))


def fitted_ending(ending: str) -> str:
    """The ending of a name, such as `.en.vtt`: short enough, its last part kept."""
    if len(ending.encode()) <= _MOST_ENDING_BYTES:
        return ending
    last = PurePosixPath(f"x{ending}").suffix
    last = last if len(last.encode()) < _MOST_ENDING_BYTES else ""
    return cut_bytes(ending.removesuffix(last), _MOST_ENDING_BYTES - len(last.encode())) + last


def stem_of(path: str, extension: str) -> str:
    """`path` without its extension. Raises `DownloadError` when that leaves no name: nothing would tell files apart."""
    last = path.rpartition("/")[2]
    # To Python a name that begins with a dot has no extension; here all of it may be one.
    suffix = last if last == f".{extension}" else PurePosixPath(last).suffix
    stem = last.removesuffix(suffix)
    if not fitted(stem).strip(" ."):
        raise DownloadError(_NO_NAME)
    return path.removesuffix(suffix)
