"""Structured logs: JSON lines with the request's and the item's id, on standard output and in a file on one machine.

No line holds a secret: what might carry one (URLs with credentials, headers, cookies) is masked here, last of all.
"""

import contextvars
import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from dlambda.settings import get_settings

_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_SECRETS = (
    (re.compile(r"(?i)(apikey|x-api-key|token|password|secret|signature)=[^&\s\"']+"), r"\1=********"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer)?\s*)[^\s'\",]+"), r"\1********"),
    (re.compile(r"(?i)://[^/\s:@]+:[^/\s@]+@"), "://********@"),
)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_set_up = False


def set_request_id(request_id: str) -> None:
    """What the lines of this request or message carry from now on."""
    _request_id.set(request_id)


def masked(text: str) -> str:
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, ids, what `extra` adds, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if request_id := _request_id.get():
            line["request_id"] = request_id
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def set_up_logs() -> None:
    """Once a process: the root logger writes JSON lines, to a file of its own where `log_dir` is set."""
    global _set_up
    if _set_up:
        return
    _set_up = True
    settings = get_settings()
    handler: logging.Handler
    if settings.log_dir:
        folder = Path(settings.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        handler = WatchedFileHandler(folder / "dlambda.jsonl", encoding="utf-8")
    else:
        handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.Formatter.converter = time.gmtime
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("botocore", "boto3", "urllib3", "pynamodb", "s3transfer", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
