"""Answers of routes without the framework, on one machine: for requests that come often and are plain.

    @routes.get("/api/download/<path:path>", permission=..., direct=redirect)

The steps around such an answer are those of all answers. Whatever is no plain success is left to the framework's way:
errors have one text, failures are counted once, and the cloud knows no other way.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from dlambda.domain.accounts.key_request import PREFIX
from dlambda.domain.accounts.permission import check_permission
from dlambda.domain.accounts.principal import Principal
from dlambda.entry.around import admit, common_headers, id_of_request, line_of_answer, origin_headers
from dlambda.entry.auth import authenticate
from dlambda.entry.logs import follow_level, is_level_due, set_request_id
from dlambda.entry.logs import request_id as line_id
from dlambda.entry.senders import Incoming
from dlambda.errors import AppError
from dlambda.usecases.accounts.login_need import account_exists, is_remembered, login_needed

CONDITIONS: Final = ("if-none-match", "if-modified-since")
"""Headers of requests that are not plain."""
REQUEST_ID: Final = "x-request-id"
_HOST = re.compile(r"(?!.*xn--)[a-z0-9.-]+(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class DirectRequest:
    """A plain GET. `path`: what stands in the place of the rule's `<path:path>`; `query`: parameters in their order.

    `may_wait` is False in the event loop: nobody may be waited for there.
    """

    path: str
    query: Sequence[tuple[str, str]]
    origin: str
    principal: Principal
    may_wait: bool


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """An answer without a body."""

    status: int
    headers: Mapping[str, str]


class DirectRoute(NamedTuple):
    """A route that answers so. `prefix`: its path up to `<path:path>`.

    `answer` returns None for what the framework's way has to answer; where it must not wait and would, it raises
    `BlockingIOError`.
    """

    prefix: str
    permission: StrEnum | None
    answer: Callable[[DirectRequest], DirectAnswer | None]


@dataclass(frozen=True, slots=True)
class Answered:
    """A direct answer with all its headers. `log` follows the log's level and writes the line: on disks, and not in the
    event loop.
    """

    answer: DirectAnswer
    log: Callable[[], object] | None


def answer_directly(route: DirectRoute, incoming: Incoming, scheme: str, *, may_wait: bool) -> Answered | None:
    """The answer of `route`; None leaves the request to the framework. `scheme`: of the connection.

    Raises `BlockingIOError` when a table or a disk is needed for it, unless it `may_wait`; then `TABLE_ERRORS` when the
    tables are away, which would be waited for a second time.
    """
    began = time.monotonic()
    if not may_wait and (not is_remembered() or login_needed()):
        raise BlockingIOError
    request_id = id_of_request(incoming.headers.get(REQUEST_ID, ""))
    set_request_id(request_id)
    query = _parameters(incoming.query)
    host = incoming.headers.get("host", "")
    if query is None or not _is_plain_host(host) or any(name in incoming.headers for name in CONDITIONS):
        return None
    apikey = next((text for name, text in query if name == "apikey"), None)
    if _takes_a_hash(incoming.headers.get("authorization") or apikey):
        return None
    try:
        admitted = admit(incoming, knows_users=True)
        principal = authenticate(incoming, admitted, apikey)
        check_permission(principal, route.permission)
        path = incoming.path.removeprefix(route.prefix)
        answer = route.answer(DirectRequest(path, query, f"{scheme}://{host}/", principal, may_wait))
    except AppError:
        return None
    if answer is None:
        return None
    headers = {**answer.headers, **common_headers(request_id), **origin_headers(incoming, admitted)}
    line = line_of_answer(incoming.method, incoming.path, answer.status, began)
    needs_log = line is not None or is_level_due()
    return Answered(DirectAnswer(answer.status, headers), partial(_log, request_id, line) if needs_log else None)


def _log(request_id: str, line: Callable[[], object] | None) -> None:
    """In another thread than the answer, and later."""
    follow_level()
    with line_id(request_id):
        if line:
            line()


def _takes_a_hash(credentials: str | None) -> bool:
    """True if they may be an account's password: when it is wrong, its costly comparison would be made twice."""
    return bool(credentials) and PREFIX not in str(credentials) and login_needed() and account_exists()


def _parameters(query: str) -> Sequence[tuple[str, str]] | None:
    """The parameters of a query; None for one that is read in several ways."""
    if not query:
        return ()
    return parse_qsl(query, keep_blank_values=True) if query.isascii() and query.isprintable() else None


@lru_cache(maxsize=64)
def _is_plain_host(host: str) -> bool:
    """True for what stands in an address as it is: the framework drops the scheme's own port, and decodes names."""
    return _HOST.fullmatch(host) is not None and not host.endswith((":80", ":443"))
