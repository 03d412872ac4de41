"""Limits of single options: those that are refused, and values that would lead out of what a user may do."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from dlambda.domain.web.urls import INTERNAL_TEXT, is_internal
from dlambda.domain.ytdlp.option_table import (
    COMPAT_GROUPS,
    POSTPROCESSORS,
    PRESET_ALIASES,
    UNSAFE_COMPAT,
    Option,
    OptionClass,
)

_PLACEHOLDER = re.compile(r"^%\([a-z_]+\)s")
_WHERE = re.compile(r"^[a-z_]+:", re.IGNORECASE)  # `home:` before a path, `chapter:` before a template
_POSTPROCESSOR_PREFIX = re.compile(r"^[\w+]+:", re.ASCII)
_PROXY_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


def not_allowed(flag: str) -> str:
    """The text for an option that is refused."""
    return f"Option '{flag}' is not allowed."


def _outside(value: str) -> bool:
    """True if a path leads out of the folder it is meant for; a leading placeholder of ours stands for one of ours."""
    path = value if _WHERE.match(value) is None else value.split(":", 1)[1]
    path = _PLACEHOLDER.sub("x", path) if _PLACEHOLDER.match(path) and "/" in path else path
    return path.startswith(("/", "~", "\\")) or ".." in re.split(r"[/\\]", path)


def _path_problem(flag: str, value: str) -> str | None:
    return f"Option '{flag}' must stay inside the download folder." if _outside(value) else None


def _archive_problem(flag: str, value: str) -> str | None:
    if _outside(value) or not value.strip():
        return f"Option '{flag}' takes the name of an archive, not a path."
    return None


def _arguments_problem(flag: str, value: str) -> str | None:
    arguments = _POSTPROCESSOR_PREFIX.sub("", value, count=1)
    if arguments.split() not in (["-movflags", "+faststart"], []):
        return f"Option '{flag}' may only be given as \"-movflags +faststart\"."
    return None


def _postprocessor_problem(flag: str, value: str) -> str | None:
    name = value.split(":", 1)[0].removesuffix("PP")
    return None if name in POSTPROCESSORS else f"Option '{flag}' does not allow the post-processor '{name}'."


def _proxy_problem(flag: str, value: str) -> str | None:
    if not value:
        return None
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"Option '{flag}' is not a valid proxy."
    if parts.scheme.lower() not in _PROXY_SCHEMES or not host:
        return f"Option '{flag}' is not a valid proxy."
    looks_like_address = re.fullmatch(r"[\d.]+|.*:.*", host) is not None
    if host == "localhost" or host.endswith(".localhost") or (looks_like_address and is_internal(host)):
        return INTERNAL_TEXT
    return None


def _preset_problem(_flag: str, value: str) -> str | None:
    return None if value in PRESET_ALIASES or not value else f"Unknown preset alias: {value}"


def _interactive_problem(flag: str, value: str) -> str | None:
    """`-` asks a person at a terminal."""
    return not_allowed(f"{flag} -") if value.strip() == "-" else None


def _compat_problem(flag: str, value: str) -> str | None:
    unsafe = _unsafe_compat([word.lower().strip() for word in value.split(",")])
    return not_allowed(f"{flag} {min(unsafe)}") if unsafe else None


def _unsafe_compat(words: Iterable[str], on: frozenset[str] = frozenset()) -> frozenset[str]:
    """Unsafe behaviours that are on after `words`, read as yt-dlp does: in order, groups expanded, `-` takes back.

    To take back a group that takes something back turns that on: `-youtube-dl`.
    """
    for word in words:
        name, takes_back = word.removeprefix("-"), word.startswith("-")
        if name in COMPAT_GROUPS:
            members = COMPAT_GROUPS[name]
            on = _unsafe_compat(map(_negate, members) if takes_back else members, on)
        elif name in UNSAFE_COMPAT:
            on = on - {name} if takes_back else on | {name}
    return on


def _negate(word: str) -> str:
    return word.removeprefix("-") if word.startswith("-") else f"-{word}"


_LIMITS: dict[str, Callable[[str, str], str | None]] = {
    "--paths": _path_problem,
    "--output": _path_problem,
    "--download-archive": _archive_problem,
    "--postprocessor-args": _arguments_problem,
    "--use-postprocessor": _postprocessor_problem,
    "--proxy": _proxy_problem,
    "--geo-verification-proxy": _proxy_problem,
    "--preset-alias": _preset_problem,
    "--format": _interactive_problem,
    "--match-filters": _interactive_problem,
    "--break-match-filters": _interactive_problem,
    "--compat-options": _compat_problem,
}


def problem_of(option: Option, flag_text: str, values: Iterable[str]) -> str | None:
    """Why an option with these values is not allowed; None when it is."""
    if option.class_ is OptionClass.REFUSED:
        return not_allowed(flag_text)
    limit = next((_LIMITS[flag] for flag in option.flags if flag in _LIMITS), None)
    if limit is None:
        return None
    return next((problem for value in values if (problem := limit(flag_text, value))), None)
