"""Lines of the log: what clients see of one, and what no line may hold (docs/contract/system.md 6; README, Secrets)."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dlambda.domain.secrets.mask import MASK, is_secret_name
from dlambda.domain.ytdlp.option_secrets import mask_options

LOG_FILE: Final = "dlambda.jsonl"
"""The name of the log of one machine."""
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_KEPT: Final = ("item_id", "request_id")
_LEVEL_NUMBERS: Final = {level: 10 * place for place, level in enumerate(LEVELS, start=1)}
# What an entry has under names of its own; the rest of a line are its fields.
_PARTS: Final = frozenset({"time", "level", "levelno", "logger", "message", "source", "failure", "exception"})

_NAME: Final = (
    r"api[-_]?key|x-api-key|key|access[-_]?token|refresh[-_]?token|token|pass(?:word|wd)?|secret|client[-_]?secret|"
    r"signature|sig|x-amz-(?:signature|credential|security-token)|policy|auth|session(?:id)?"
)
# Schemes of media and of proxies; whatever else has one is the address of a notification service.
_HARMLESS: Final = (
    "https?|ftps?|sftp|wss?|rtmp[a-z]*|rtsps?|rtp|srtp?|udp|tcp|tls|mmsh?|mmst|hls|dash|m3u8|file|data|s3|arn|blob|"
    "socks[45]?[ah]?|concat|subfile|crypto|pipe|cache|gopher|magnet|about|chrome|urn|magic|hls\\+https?"
)


def _options(match: re.Match[str]) -> str:
    quote, text = match[2][0], match[2][1:-1]
    return f"{match[1]}{quote}{mask_options(text)}{quote}"


def _parameter(match: re.Match[str]) -> str:
    return f"{match[1]}={MASK}" if is_secret_name(match[1][1:]) else match[0]


_SECRETS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    # ?token=... and token=...
    (re.compile(rf"(?i)(?<![\w-])({_NAME})=[^&\s\"'<>]+"), rf"\1={MASK}"),
    (re.compile(r"([?&;#][\w.%~\[\]-]++)=([^&\s;\"'<>]+)"), _parameter),
    # Headers, as lines, in objects, and as options (--add-headers Name:value)
    (re.compile(r"(?i)((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|digest)?\s*)[^\s'\",]+"),
     rf"\1{MASK}"),
    (re.compile(r"(?i)((?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)(?![\s'\"])[^\r\n'\"]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)((?<![\w-])x-(?=[\w-]*(?:key|token|secret|auth))[\w-]+['\"]?\s*[:=]\s*['\"]?)[^\s'\",]+"),
     rf"\1{MASK}"),
    (re.compile(r"(?i)(--add-headers?[ =]+['\"]?[\w-]+:)[^'\"\r\n]+?(?=['\"]|\s--|\s*$)"), rf"\1{MASK}"),
    # Members of objects, and attributes of values as Python prints them
    (re.compile(rf"(?i)((['\"])(?:{_NAME}|cookies)\2\s*:\s*)(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"),
     rf'\1"{MASK}"'),
    (re.compile(r"(?i)\b((?:cookies|password|secret)=)(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"), rf"\1'{MASK}'"),
    # Options with a password behind them, in every abbreviation that yt-dlp takes
    (re.compile(r"(?i)(--(?:pass\w*|video-p\w*|ap-p\w*|tw\w*|client-certificate-p\w*)[ =]+)(?:\"[^\"]*\"|'[^']*'|\S+)"),
     rf"\1{MASK}"),
    # Arguments of extractors: youtube:po_token=...;visitor_data=...
    (re.compile(r"(?i)((?<![\w-])(?:[\w-]*token|visitor[_-]data|data[_-]sync[_-]id)=)[^\s;\"'&]+"), rf"\1{MASK}"),
    # Addresses of notification targets: services that Apprise knows, and webhooks
    (re.compile(rf"(?i)(?<![\w+.-])((?!(?:{_HARMLESS})://)[a-z][a-z0-9+.-]*://)[^\s\"'<>]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)(https?://(?:hooks\.slack\.com/services|(?:\w+\.)?discord(?:app)?\.com/api(?:/v\d+)?/webhooks"
                r"|api\.telegram\.org|hooks\.zapier\.com/hooks|[\w.-]+/(?:api/)?(?:web)?hooks?)/)[^\s\"'<>]+"),
     rf"\1{MASK}"),
    (re.compile(r"(?<![\w-])(-[p2][ =]+)(?!-)\S+"), rf"\1{MASK}"),
    (re.compile(r"((?:-u|--user\w*)[ =]*\S+\s+-p)\S+"), rf"\1{MASK}"),
    (re.compile(r"(?i)((?<!\S)--[a-z-]*prox[a-z]*[\s=]['\"]?[^\s/:@'\"]*:)[^\s/?#'\"]+(?=@)"), rf"\1{MASK}"),
    # An item, a preset: as Python or JSON writes its options
    (re.compile(r"(\bcli['\"]?\s*[:=]\s*)(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"), _options),
    # user:password@host, token@host
    (re.compile(r"(?i)(://[^/\s:@'\"]*:)[^/\s'\"]+(?=@)"), rf"\1{MASK}"),
    (re.compile(r"(?i)((?:https?|socks\w*)://)[^/\s:@?#'\"]+(?=@)"), rf"\1{MASK}"),
    # A line of a cookie file: domain, flag, path, secure, expiry, name, value
    (re.compile(r"((?:TRUE|FALSE)(?:\t|\\t)\S*?(?:\t|\\t)(?:TRUE|FALSE)(?:\t|\\t)\d+(?:\t|\\t)[^\t\\\s]+(?:\t|\\t))[^\s\\\"']+"),
     rf"\1{MASK}"),
)  # fmt: skip

# Each of them needs one of these.
_HINT: Final = re.compile(r"[=:\t\\]|--|-[p2]")


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without what looks like a secret, and without the `secrets` ones wherever they stand."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    if not _HINT.search(text):
        return text
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def masked_values(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> dict[str, Any]:
    """An object whose texts are masked, at every depth; members whose name says that they are secret whole."""
    return {name: _mask_value(name, value, tuple(secrets)) for name, value in values.items()}


_SECRET_NAME: Final = re.compile(rf"(?i)^(?:{_NAME}|cookies?|set-cookie|(?:proxy-)?authorization|headers)$")


def _mask_value(name: str, value: Any, secrets: tuple[str, ...]) -> Any:
    if value and _SECRET_NAME.match(name):
        return MASK
    if isinstance(value, str):
        return masked(mask_options(value) if name == "cli" else value, secrets)
    if isinstance(value, Mapping):
        return masked_values({str(key): inner for key, inner in value.items()}, secrets)
    if isinstance(value, list | tuple):
        return [_mask_value("", inner, secrets) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else masked(str(value), secrets)


def credential_forms(username: str, password: str) -> list[str]:
    """A password as it may stand in a line: as it is, and in both alphabets of the header and the `apikey`."""
    if not password:
        return []
    pair = f"{username}:{password}".encode()
    encoded = [base64.b64encode(pair).decode(), base64.urlsafe_b64encode(pair).decode()]
    return [*dict.fromkeys([*encoded, *(form.rstrip("=") for form in encoded)]), password]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A selection of log entries; empty: all. `level`: this one and those above it."""

    item_id: str = ""
    request_id: str = ""
    level: str = ""
    search: str = ""

    @property
    def texts(self) -> list[str]:
        """Texts that stand in the raw line of every selected entry."""
        return [text for text in (self.item_id, self.request_id) if text]

    def takes(self, entry: Mapping[str, Any]) -> bool:
        least = LEVELS.index(self.level) if self.level in LEVELS else 0
        level = entry["level"]
        return (
            (not self.item_id or entry.get("item_id") == self.item_id)
            and (not self.request_id or entry.get("request_id") == self.request_id)
            and (level not in LEVELS or LEVELS.index(level) >= least)
            and self.search.lower() in entry["line"].lower()
        )


def entry_of(raw: str, position: str) -> dict[str, Any]:
    """A log line as clients get it. `position` tells equal lines apart, and survives a renaming of the file."""
    try:
        record = json.loads(raw)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        record = {"message": raw.rstrip("\n"), "level": "INFO"}
    message, level = str(record.get("message", "")), str(record.get("level", "INFO"))
    logger, at = str(record.get("logger", "root")), record.get("time")
    line = f"[{level}.{logger}]: {message}"
    if record.get("exception"):
        line += f"\n{record['exception']}"
    return {
        "id": hashlib.sha256(f"{position}:{raw}".encode()).hexdigest(),
        "line": line,
        "datetime": at,
        "timestamp": at,
        "level": level,
        "levelno": record.get("levelno", _LEVEL_NUMBERS.get(level, 0)),
        "logger": logger,
        "message": message,
        "source": record.get("source"),
        "exception": record.get("failure"),
        "fields": {name: value for name, value in record.items() if name not in _PARTS},
        **{name: record[name] for name in _KEPT if name in record},
    }
