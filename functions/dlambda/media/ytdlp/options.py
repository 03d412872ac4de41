"""Option texts parsed by yt-dlp itself (docs/contract/ytdlp.md 2).

yt_dlp is imported at the first parse, not before: API functions that never parse stay small.
"""

import optparse
import threading
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from dlambda.domain.rules import preset
from dlambda.domain.ytdlp.option_table import REMOVED_KEYS, OptionClass
from dlambda.domain.ytdlp.options import (
    EXITING,
    FoundOption,
    check_passwords,
    not_allowed,
    read_options,
    reason_text,
    split_words,
)
from dlambda.errors import Invalid
from dlambda.media.ytdlp import curl_library
from dlambda.media.ytdlp.callables import MatchFilter, RetrySleep, sleep_expressions

_LABEL_OF = dict(REMOVED_KEYS)
# yt-dlp's parser changes class attributes of its own for some options; parses take turns, and put them back.
_parse_lock = threading.Lock()


@dataclass(frozen=True)
class ParsedOptions:
    """`params`: what differs from yt-dlp's defaults, under its internal names, without what is removed here.

    `removed`: labels of options that were taken out. `output_template`, `download_path`, `format`: what `-o`, `-P home`
    and `-f` said (null when they were not given). The values can be pickled; `render_params` makes JSON of them.
    """

    params: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    output_template: str | None = None
    download_path: str | None = None
    format: str | None = None


def _parse(arguments: list[str]) -> dict[str, Any]:
    """yt-dlp's parameters for `arguments`. Raises `Invalid` with its reason; reads no configuration, never exits."""
    curl_library.hide()
    import yt_dlp
    from yt_dlp.utils import FormatSorter
    from yt_dlp.utils._utils import _UnsafeExtensionError

    with _parse_lock:
        sorting, extensions = FormatSorter.default, _UnsafeExtensionError._enabled  # noqa: SLF001
        try:
            return dict(yt_dlp.parse_options(["--ignore-config", *arguments]).ydl_opts)
        except (optparse.OptParseError, ValueError) as error:
            raise Invalid(reason_text(str(error))) from None
        except SystemExit:
            raise Invalid("Options that end the program are not allowed.") from None
        finally:
            FormatSorter.default, _UnsafeExtensionError._enabled = sorting, extensions  # noqa: SLF001


@lru_cache(maxsize=1)
def _defaults() -> Mapping[str, Any]:
    return _parse([])


def _keep(options: Iterable[FoundOption], labels: list[str]) -> Iterator[FoundOption]:
    """The options that yt-dlp's parser shall see; labels of the others go to `labels`."""
    for given_option in options:
        option = given_option.option
        if not EXITING.isdisjoint(option.flags):
            raise Invalid(not_allowed(given_option.written))
        if option.dest in ("paths", "outtmpl"):
            yield given_option  # judged by the label table, since convert answers their values
        elif given_option.refused or (option.class_ is OptionClass.DROPPED and not _has_key(given_option)):
            labels.append(option.label)
        else:
            yield given_option


def _has_key(given_option: FoundOption) -> bool:
    """True if it is taken out by its key (`_without_removed`), since it may switch on other keys."""
    return given_option.option.dest in _LABEL_OF or given_option.option.flags[-1] in ("--dump-json", "--newline")


def _differing(params: Mapping[str, Any]) -> dict[str, Any]:
    defaults = _defaults()
    changes = {
        key: value
        for key, value in params.items()
        if not key.startswith("_") and (key not in defaults or defaults[key] != value)
    }
    if "postprocessors" in changes:
        changes["postprocessors"] = [pp for pp in changes["postprocessors"] if pp not in defaults["postprocessors"]]
        if not changes["postprocessors"]:
            del changes["postprocessors"]
    return changes


def _without_removed(params: dict[str, Any], labels: list[str], options: Iterable[FoundOption]) -> dict[str, Any]:
    # `--embed-thumbnail` and its like set templates of their own, which nobody wrote.
    unwritten = {"outtmpl"} - {given_option.option.dest for given_option in options}
    by_key = [label for key, label in REMOVED_KEYS if key in params and key not in unwritten]
    labels[:] = list(dict.fromkeys([*by_key, *labels]))
    return {key: value for key, value in params.items() if key not in _LABEL_OF}


def _picklable(params: dict[str, Any], options: list[FoundOption]) -> dict[str, Any]:
    """`params` with yt-dlp's closures replaced by values that can travel to another process."""
    if params.get("match_filter") is not None:
        filters = _append(options, "match_filter", "--no-match-filters")
        breaking = _append(options, "breaking_match_filter", "--no-break-match-filters")
        params["match_filter"] = MatchFilter(tuple(filters), tuple(breaking))
    if params.get("retry_sleep_functions"):
        sleep_texts = [
            value
            for given_option in options
            if given_option.option.dest == "retry_sleep"
            for value in given_option.values
        ]
        expressions = sleep_expressions(sleep_texts)
        params["retry_sleep_functions"] = {key: RetrySleep(expressions[key]) for key in params["retry_sleep_functions"]}
    for pp in params.get("postprocessors", ()):
        if pp["key"] == "MetadataParser":
            pp["actions"] = [action_of(action) for action in pp["actions"]]
    if "download_archive" in params:
        # yt-dlp expands `$NAME` from the environment of the server; the name is what the user wrote.
        names = [
            given_option.values[0]
            for given_option in options
            if given_option.option.dest == "download_archive" and given_option.values
        ]
        params["download_archive"] = names[-1]
    return params


def action_of(action: tuple[Any, ...]) -> list[str]:
    """`["replace", field, search, replace]` or `["interpret", from, to]`, in place of yt-dlp's function."""
    from yt_dlp.postprocessor import MetadataParserPP

    kind = "replace" if action[0] is MetadataParserPP.Actions.REPLACE else "interpret"
    return [kind, *map(str, action[1:])]


def _append(options: Iterable[FoundOption], dest: str, reset: str) -> list[str]:
    values: list[str] = []
    for given_option in options:
        if given_option.option.dest == dest:
            values = [] if reset in given_option.option.flags else [*values, *given_option.values]
    return values


def parse_options(
    text: object, variables: Mapping[str, str] | None = None, *, allow_internal: bool = False
) -> ParsedOptions:
    """Parses `text` without what users may not set. Raises `Invalid` with the reason of yt-dlp's parser.

    `allow_internal`: whether a proxy may have a private address.
    """
    if not isinstance(text, str) or not split_words(text):
        return ParsedOptions()
    return deepcopy(_parsed(text, tuple((variables or {}).items()), allow_internal, datetime.now(UTC).date()))


@lru_cache(maxsize=64)
def _parsed(text: str, variables: tuple[tuple[str, str], ...], allow_internal: bool, _today: date) -> ParsedOptions:
    """Remembered, since yt-dlp builds its parser each time, which takes longer than all else that an intake computes.

    For a day, as dates such as `now-1week` are reckoned here.
    """
    labels: list[str] = []
    allowed = list(_keep(read_options(text, allow_internal=allow_internal), labels))
    check_passwords(allowed)
    # Filled in word by word, behind the checks: a folder of ours may hold blanks, and may be an absolute path.
    values = dict(variables)
    filled_in = [
        replace(given_option, values=tuple(preset.fill_in_variables(value, values) for value in given_option.values))
        for given_option in allowed
    ]
    arguments = [word for given_option in filled_in for word in (given_option.option.flags[-1], *given_option.values)]
    params = _picklable(_differing(_parse(arguments)), filled_in)
    template = params.get("outtmpl", {}).get("default")
    home = params.get("paths", {}).get("home")
    return ParsedOptions(
        params=_without_removed(params, labels, filled_in),
        removed=labels,
        output_template=template,
        download_path=home,
        format=params.get("format"),
    )


def _json_key(value: Any) -> Any:
    return value if isinstance(value, str) else str(value)


def render_params(value: Any) -> Any:
    """`value` (parameters or a part of them) as JSON values (ytdlp.md 2, "JSON rendering")."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if value not in (float("inf"), float("-inf")) and value == value else str(value)  # noqa: PLR0124
    if isinstance(value, Mapping):
        return {_json_key(key): render_params(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [render_params(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted((render_params(inner) for inner in value), key=str)
    if isinstance(value, MatchFilter):
        return {"filters": [*value.filters, *value.breaking]}
    if isinstance(value, date):
        return value.isoformat()
    if type(value).__name__ == "DateRange":
        return {"start": value.start.strftime("%Y%m%d"), "end": value.end.strftime("%Y%m%d")}
    return str(value)
