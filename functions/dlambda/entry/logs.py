"""Structured logs: JSON lines with the request's and the item's id, on standard output and in a file on one machine.

No line holds a secret: what might carry one (URLs with credentials, headers, cookies) is masked here, last of all.
"""

import contextvars
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlambda.deployment import current
from dlambda.domain.telemetry.log_line import LOG_FILE, credential_forms, masked, masked_values
from dlambda.domain.telemetry.log_source import failure_of, source_of
from dlambda.entry.log_file import RotatedFile
from dlambda.setting_checks import find_problems
from dlambda.settings import Settings
from dlambda.store.table import TABLE_ERRORS
from dlambda.usecases.operations.log_level import active_level, configured_level, level_store

log = logging.getLogger(__name__)

_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_IDS = frozenset({"item_id", "request_id", "status", "ms", "code", "attempts"})
_set_up = False
_level = ""
_level_read_at = 0.0


def set_request_id(request_id: str) -> None:
    """Sets the id that all lines of this request or message carry from now on."""
    _request_id.set(request_id)


@contextmanager
def request_id(value: str) -> Iterator[None]:
    """Sets the id that the lines of this block carry."""
    token = _request_id.set(value)
    try:
        yield
    finally:
        _request_id.reset(token)


def _known_secrets(settings: Settings) -> list[str]:
    forms = credential_forms(settings.auth_username, settings.auth_password)
    secrets = (settings.secret_key, settings.admin_key, settings.oidc_client_secret)
    return [*forms, *filter(None, secrets)]


class JsonLines(logging.Formatter):
    """Formats a record as a line of JSON: time, level, logger, message, source, ids, `extra`, and what was raised."""

    def __init__(self, secrets: list[str] | None = None, node: str = "") -> None:
        """`node`: the node's name, where there may be others."""
        super().__init__()
        self._node = {"node": node} if node else {}
        # A secret of a letter or two would mask half of every line.
        self._secrets = [secret for secret in secrets or [] if len(secret) > 3]

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "levelno": record.levelno,
            "logger": record.name,
            "message": masked(record.getMessage(), self._secrets),
            "source": source_of(record.pathname, record.funcName, record.lineno),
        }
        line |= self._node
        if value := _request_id.get():
            line["request_id"] = value
        extra = {key: value for key, value in vars(record).items() if key not in _OWN}
        line |= {key: extra[key] for key in extra if key in _IDS}
        line |= masked_values({key: extra[key] for key in extra if key not in _IDS}, self._secrets)
        if record.exc_info:
            line["failure"] = masked_values(failure_of(record.exc_info[1]), self._secrets)
            line["exception"] = masked(self.formatException(record.exc_info), self._secrets)
        return json.dumps(line, default=str)


def set_up_logs() -> None:
    """Once a process: the root logger writes JSON lines, to a file of its own where `log_dir` is set."""
    global _set_up, _level
    if _set_up:
        return
    _set_up = True
    settings = current().settings
    handler: logging.Handler
    if settings.log_dir and settings.file_logging:
        folder = Path(settings.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatedFile(folder / LOG_FILE)
    else:
        handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(_known_secrets(settings), settings.node if settings.shares_services else ""))
    logging.Formatter.converter = time.gmtime
    root = logging.getLogger()
    root.handlers = [handler]
    _level = configured_level()
    root.setLevel(_level.upper())
    for noisy in ("botocore", "boto3", "urllib3", "pynamodb", "s3transfer", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _log_problems(settings)


def is_level_due() -> bool:
    """True if `follow_level` looks for another level, in a file or a table."""
    return _set_up and time.monotonic() - _level_read_at >= level_store().fresh_seconds


def follow_level() -> None:
    """Takes over a level that was set while this process runs, at most so often that it costs nothing."""
    global _level, _level_read_at
    if not is_level_due():
        return
    _level_read_at = time.monotonic()
    try:
        level = active_level()
    except TABLE_ERRORS:
        return  # the log goes on as it is
    if level != _level:
        _level = level
        logging.getLogger().setLevel(level.upper())


def _log_problems(settings: Settings) -> None:
    """Writes one line about settings that cannot work; the process runs without their effect (system.md 10)."""
    if problems := find_problems(os.environ, settings):
        level = logging.ERROR if any(problem.fatal for problem in problems) else logging.WARNING
        log.log(level, "Settings that cannot work: %s", "; ".join(map(str, problems)))
