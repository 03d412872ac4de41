"""Names of variables that look like settings and are none."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from dlambda.domain.system.setting_problem import Problem
from dlambda.environment import (
    DEPLOYMENT_PREFIX,
    EXTRACTOR_LIMIT,
    IGNORED_SETTINGS,
    PART_VARIABLES,
    PLAIN_NAMES,
    USER_PREFIX,
)
from dlambda.settings import Settings
from dlambda.user_settings import UserSettings

_PREFIXES = (USER_PREFIX, DEPLOYMENT_PREFIX)
_WORD_SIMILARITY = 0.7
_PREFIX_SIMILARITY = 0.66
_FIELDS = Settings.model_fields.keys() - {"extractor_limits"}
_USER_FIELDS = (UserSettings.model_fields.keys() & _FIELDS) | IGNORED_SETTINGS
# What one machine reads without a prefix, and words for settings that no spelling leads to.
_OTHER_NAMES = {"data_dir": "DATA_DIR", "timezone": "YTP_TZ", "time_zone": "YTP_TZ", "username": "YTP_AUTH_USERNAME"}
_READ_PLAIN = frozenset({*PLAIN_NAMES, "PORT", "DATA_DIR", "TZ"})
# A service that runs without what these ask for is less safe than its operator believes.
_PROTECTIONS = frozenset({"YTP_AUTH_USERNAME", "YTP_AUTH_PASSWORD", "YTP_DISABLE_AUTH", "YTP_SANDBOX"})


def check_names(environ: Iterable[str]) -> Iterator[Problem]:
    """A problem for each name that begins with a prefix of ours, or nearly so, and names no setting."""
    for name in sorted(environ):
        if not _is_setting(name) and (_has_prefix(name) or _has_similar_prefix(name)):
            yield _unknown(name)


def check_plain_names(environ: Iterable[str]) -> Iterator[Problem]:
    """A problem for each name that lacks the prefix. For files that hold nothing but settings of this service: in the
    environment of a process, such names belong to other programs.
    """
    for name in sorted(environ):
        if name.lower() in _USER_FIELDS and name not in _READ_PLAIN:
            variable = USER_PREFIX + name.upper()
            yield Problem(name, f"is no setting; did you mean {variable}?", fatal=variable in _PROTECTIONS)
        elif name not in _READ_PLAIN and get_close_matches(name.upper(), ["DATA_DIR"], 1, 0.8):
            yield Problem(name, "is no setting; did you mean DATA_DIR?")


def nearest_setting(name: str) -> str | None:
    """The variable whose name is most like `name`; None when no name is."""
    field = _field(name)
    if field in _OTHER_NAMES:
        return _OTHER_NAMES[field]
    deployment = _similar_prefix(name) == DEPLOYMENT_PREFIX
    candidates = _FIELDS - _USER_FIELDS if deployment else _USER_FIELDS
    nearest = _nearest_field(field, sorted(candidates))
    return (DEPLOYMENT_PREFIX if deployment else USER_PREFIX) + nearest.upper() if nearest else None


def _nearest_field(field: str, candidates: Sequence[str]) -> str | None:
    """Of similar spelling, else of similar words in another order."""
    for form in (str, _sort_words):
        forms = {form(candidate): candidate for candidate in candidates}
        if matches := get_close_matches(form(field), forms, 1, _WORD_SIMILARITY):
            return forms[matches[0]]
    return None


def _sort_words(field: str) -> str:
    return "_".join(sorted(field.split("_")))


def _unknown(name: str) -> Problem:
    nearest = nearest_setting(name)
    advice = f"; did you mean {nearest}?" if nearest else " of this version, and has no effect"
    return Problem(name, f"is no setting{advice}", fatal=nearest in _PROTECTIONS)


def _is_setting(name: str) -> bool:
    if name in PART_VARIABLES:
        return True
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            field = name.removeprefix(prefix).lower()
            return field in _FIELDS or field in IGNORED_SETTINGS or field.startswith(EXTRACTOR_LIMIT)
    return False


def _has_prefix(name: str) -> bool:
    return name.upper().startswith(_PREFIXES)


def _has_similar_prefix(name: str) -> bool:
    """True if a setting's name stands behind a misspelt prefix: `YPT_MAX_WORKERS`, `ytp-max-workers`."""
    return _similar_prefix(name) is not None and _field(name) in _FIELDS | IGNORED_SETTINGS


def _similar_prefix(name: str) -> str | None:
    word = name.upper().replace("-", "_").partition("_")[0]
    matches = get_close_matches(word, [prefix[:-1] for prefix in _PREFIXES], 1, _PREFIX_SIMILARITY)
    # Other programs have an `FTP_HOST` or an `NTP_PORT`: a slip of the finger keeps the first letter.
    return f"{matches[0]}_" if matches and matches[0][:1] == word[:1] else None


def _field(name: str) -> str:
    return name.lower().replace("-", "_").partition("_")[2].strip("_")
