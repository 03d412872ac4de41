"""`YoutubeDL` as a service runs it: no console, no configuration, no files outside its folder.

Imported only inside worker processes (and the warm one): it imports yt_dlp.
"""

import copy
import functools
import importlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yt_dlp
import yt_dlp.networking.common
from yt_dlp.cache import Cache
from yt_dlp.extractor import gen_extractor_classes
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import DownloadError, FormatSorter, YoutubeDLError, subtitles_filename

from dlambda.domain.files.name_length import cut_bytes
from dlambda.domain.files.plain_name import plain_path
from dlambda.domain.items.credentials import without_credentials
from dlambda.domain.items.retry import retry_after_seconds
from dlambda.domain.paths.own_placeholders import with_own_fields
from dlambda.domain.ytdlp.rejection import reject_reason
from dlambda.media.workers.child.extensions import give_extensions
from dlambda.media.workers.child.protocols import check_request, leave_out_unsupported
from dlambda.media.ytdlp import bounded, curl_library
from dlambda.media.ytdlp.wording import plain

_MOST_LANGUAGE_BYTES = 32
_BUSY = frozenset({429, 503})
Report = Callable[[str, str], None]  # level, text

_LEFT_OUT = re.compile(r"File is (smaller|larger) than (min|max)-filesize")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Journal:
    """yt-dlp's logger: keeps warnings and errors, and hands each to `report`."""

    def __init__(self, report: Report | None = None, *, debug: bool = False) -> None:
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self.left_out: str | None = None  # why a downloader gave up a file without calling it an error
        self._report = report
        self._debug = debug

    def debug(self, message: str) -> None:
        if _LEFT_OUT.search(message):
            self.left_out = plain(message).removeprefix("[download] ")
        if self._debug and self._report:
            self._report("debug", plain(message))

    info = debug

    def warning(self, message: str) -> None:
        text = plain(message)
        if text and text not in self.warnings:
            self.warnings.append(text)
            if self._report:
                self._report("warning", text)

    def error(self, message: str) -> None:
        text = plain(message)
        if text:
            self.errors.append(text)


bounded.install()

# A TLS context reads some 150 certificates (17 ms) and is the same for every download; made before the fork.
yt_dlp.networking.common.make_ssl_context = functools.lru_cache(maxsize=8)(yt_dlp.networking.common.make_ssl_context)


# The module, whose name in its package is the class.
_downloading = importlib.import_module("yt_dlp.YoutubeDL")
_desktop_text = _downloading._desktop_entry_localestring  # noqa: SLF001


def _name_in_link(path: str) -> str:
    """The name inside a `.desktop` file: its own, where yt-dlp writes its path on the server."""
    return str(_desktop_text(os.path.basename(path)))  # noqa: PTH119 as text: it may end in a blank


def _subtitles_filename(filename: str, language: str, *arguments: Any) -> str:
    """A subtitle's file; what a page calls its language is part of one name, and no long one."""
    plain_language = cut_bytes(plain_path(language).replace("/", "_"), _MOST_LANGUAGE_BYTES)
    return str(subtitles_filename(filename, plain_language, *arguments))


_downloading._desktop_entry_localestring = _name_in_link  # type: ignore[attr-defined]  # noqa: SLF001
_downloading.subtitles_filename = _subtitles_filename  # type: ignore[attr-defined]


@functools.lru_cache(maxsize=1)
def _default_extractors() -> Mapping[str, Any]:
    """The extractors that yt-dlp selects when none are named, by their keys.

    Its own selection takes 40 ms each time. All downloaders read the same mapping, which was made before the fork: a
    copy would write to each of 1,800 classes (they count their users), and so copy the memory that they lie in.
    """
    by_name = {extractor.IE_NAME.lower(): extractor for extractor in gen_extractor_classes()}
    enabled = (extractor for extractor in by_name.values() if extractor._ENABLED)  # noqa: SLF001
    return MappingProxyType({extractor.ie_key(): extractor for extractor in enabled})


class PublicCache(Cache):  # type: ignore[misc]
    """yt-dlp's cache, for what every visitor of a site is given; tokens and logins of users are never kept."""

    _SECTIONS = re.compile(r"youtube-\w+|challenge-solver|soundcloud|brightcove|iq|douyu")

    def store(self, section: str, key: str, data: Any, dtype: str = "json") -> None:
        if self._SECTIONS.fullmatch(section):
            super().store(section, key, data, dtype)

    def load(self, section: str, key: str, *arguments: Any, default: Any = None, **options: Any) -> Any:
        if self._SECTIONS.fullmatch(section):
            return super().load(section, key, *arguments, default=default, **options)
        return default


def tools_params(cache: str | None, deno: str | None) -> dict[str, Any]:
    """Where the shared cache lies and which JavaScript runtime is used."""
    params: dict[str, Any] = {"cachedir": cache or False}
    if deno:
        params["js_runtimes"] = {"deno": {"path": deno}}
    return params


def _without_surrogates(value: Any) -> Any:
    """`value` with what is half of a character in its texts, as broken JSON has it, made U+FFFD: no file holds it."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        for key, inner in value.items():
            value[key] = _without_surrogates(inner)
    elif isinstance(value, list):
        value[:] = map(_without_surrogates, value)
    return value


@functools.lru_cache(maxsize=1)
def default_params() -> Mapping[str, Any]:
    """The parameters of yt-dlp's command line without options (retries, fragment retries ...)."""
    return dict(yt_dlp.parse_options(["--ignore-config"]).ydl_opts)


def build_params(requested: Mapping[str, Any], forced: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults of the command line, what the user's options change, and what the service insists on."""
    params = copy.deepcopy(dict(default_params()))
    extra_pps = list(requested.get("postprocessors") or [])
    params.update({key: value for key, value in requested.items() if key != "postprocessors"})
    params["postprocessors"] = [*extra_pps, *params.get("postprocessors", [])]
    params.update(forced)
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        params["compat_opts"] = {*params.get("compat_opts", ()), "no-certifi"}  # the operator's own authorities count
    if "prefer-vp9-sort" in params.get("compat_opts", ()):
        FormatSorter.default = FormatSorter._prefer_vp9_sort  # noqa: SLF001 as yt-dlp's own command line does
    return params


class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]
    """`YoutubeDL` whose templates know no environment and whose files stay below `folders`."""

    def __init__(self, params: dict[str, Any], *, folders: Sequence[Path] = ()) -> None:
        self._folders = [folder.resolve() for folder in folders]
        self.retry_after_seconds: float | None = None  # what the last refusal asked for
        self.takes_all = False  # no option leaves anything out
        self.random_seed = secrets.token_hex()  # of random parts of names
        if params.get("impersonate") and not curl_library.is_installed():
            raise YoutubeDLError(curl_library.MISSING_TEXT)
        super().__init__(params)
        self.cache = PublicCache(self)

    def note_step(self, step: str, text: str) -> None:  # noqa: ARG002 only records of items name the step
        """Tells of a step that failed beside the file."""
        self.report_warning(text)

    def make_whole(self, part: Path) -> None:
        """Waits until a complete file has what an earlier run brought of it; only those of records lack some."""

    def add_default_info_extractors(self) -> None:
        if (self.params.get("allowed_extractors") or ["default"]) != ["default"]:
            super().add_default_info_extractors()
            return
        self._ies: Any = _default_extractors()

    def add_info_extractor(self, ie: Any) -> None:
        """Notes an instance apart from the classes, which all downloaders share."""
        key, is_class = ie.ie_key(), isinstance(ie, type)
        if key not in self._ies or (is_class and self._ies[key] is not ie):
            if self._ies is _default_extractors():
                self._ies = dict(self._ies)
            self._ies[key] = ie
        if not is_class:
            self._ies_instances[key] = ie
            ie.set_downloader(self)

    def urlopen(self, req: Any) -> Any:
        check_request(req if isinstance(req, str) else getattr(req, "url", None) or req.full_url)
        if getattr(req, "extensions", {}).get("impersonate") and not self._can_imitate():
            raise RequestError(curl_library.MISSING_TEXT)
        try:
            return super().urlopen(req)
        except HTTPError as error:
            retry_after = error.response.headers.get("Retry-After") if error.status in _BUSY else None
            self.retry_after_seconds = retry_after_seconds(retry_after, time.time())
            raise

    def build_request_director(self, handlers: Iterable[Any], preferences: Any = None) -> Any:
        """Without yt-dlp's own handler for libcurl, which a process has that loaded the library first: it connects as
        it likes.
        """
        return super().build_request_director(
            [handler for handler in handlers if handler.RH_KEY != "CurlCFFI"], preferences
        )

    def _can_imitate(self) -> bool:
        """True if browsers can be imitated; loads the library at the first question."""
        director = self._request_director
        if "GuardedCurl" not in director.handlers:
            try:
                from dlambda.media.workers.child.guarded_curl import GuardedCurlRH
            except ImportError:
                return False
            handlers = self.build_request_director([GuardedCurlRH]).handlers.values()
            for handler in handlers:
                director.add_handler(handler)
            director.preferences.update(yt_dlp.networking.common._RH_PREFERENCES)  # noqa: SLF001 as yt-dlp does
        return True

    def _impersonate_target_available(self, target: Any) -> bool:
        return self._can_imitate() and bool(super()._impersonate_target_available(target))

    def process_ie_result(self, ie_result: Any, *arguments: Any, **options: Any) -> Any:
        return super().process_ie_result(_without_surrogates(ie_result), *arguments, **options)

    def process_video_result(self, info_dict: dict[str, Any], download: bool = True) -> Any:
        leave_out_unsupported(info_dict, download=download)
        give_extensions(info_dict)
        return super().process_video_result(info_dict, download)

    def prepare_outtmpl(self, outtmpl: str, info_dict: Any, *arguments: Any, **options: Any) -> Any:
        text, fields = with_own_fields(outtmpl, self.random_seed)
        info_dict.setdefault("epoch", int(time.time()))  # as yt-dlp does, since it sees a copy
        visible_info = {**without_credentials(info_dict), **fields}
        return super().prepare_outtmpl(text, visible_info, *arguments, **options)

    def sanitize_info(self, info_dict: Any, remove_private_keys: bool = False) -> Any:
        """The metadata as it is written to files: without the cookies of a preset that whoever adds must not see."""
        info = yt_dlp.YoutubeDL.sanitize_info(info_dict, remove_private_keys)
        return without_credentials(info) if remove_private_keys and isinstance(info, dict) else info

    @staticmethod
    def _outtmpl_expandpath(outtmpl: str) -> str:
        """As it is: `~` and `$NAME` in a template are text, not the server's environment."""
        return outtmpl

    def _prepare_filename(self, *arguments: Any, **options: Any) -> str | None:
        """The file name from the template, without characters that deceive whoever reads it."""
        name: str | None = super()._prepare_filename(*arguments, **options)
        return name and plain_path(name)

    def get_output_path(self, dir_type: str = "", filename: str | None = None) -> str:
        path = str(super().get_output_path(dir_type, filename))
        where = Path(path).resolve()
        if self._folders and not any(where.is_relative_to(folder) for folder in self._folders):
            raise DownloadError("The output template leads outside the download folder.")
        return path

    def _match_entry(self, info_dict: dict[str, Any], incomplete: bool = False, silent: bool = False) -> str | None:
        """Why an entry is left out, in the words of docs/contract/downloads.md 5.5."""
        if self.takes_all:
            return None
        if not self.in_download_archive(info_dict):
            reason = reject_reason(info_dict, self.params)
            if reason is not None and not self.params.get("break_on_reject"):
                return reason
        rejection: str | None = super()._match_entry(info_dict, incomplete=incomplete, silent=silent)
        return rejection
