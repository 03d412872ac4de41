"""Inside a worker process: what is asked about options and URLs, and fetches nothing (docs/contract/ytdlp.md 2-8)."""

import contextlib
import json
import optparse
import pickle
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from yt_dlp.options import create_parser
from yt_dlp.version import __version__

from dlambda.domain.ytdlp.option_table import IGNORED_LABELS
from dlambda.errors import Invalid
from dlambda.media.workers.child import programs
from dlambda.media.ytdlp.archive_ids import id_of_url
from dlambda.media.ytdlp.channel_folder import folder_of_template
from dlambda.media.ytdlp.effective import effective_params
from dlambda.media.ytdlp.options import parse_options, render_params
from dlambda.media.ytdlp.portable_params import pack
from dlambda.media.ytdlp.worker_jobs import (
    BrowsersJob,
    FolderJob,
    OptionsJob,
    OptionTexts,
    ParamsJob,
    ParseJob,
    Question,
    QuestionsJob,
    UrlIdsJob,
)

_NO_HELP = "No description available from yt-dlp."


def _parse(job: ParseJob) -> dict[str, Any]:
    if isinstance(job.texts, OptionTexts):
        return {"params": render_params(effective_params(job.texts))}
    parsed_options = parse_options(job.texts, allow_internal=job.allow_internal)
    return {**vars(parsed_options), "params": render_params(parsed_options.params)}


def _params(job: ParamsJob) -> dict[str, Any]:
    try:
        return {"params": pack(effective_params(job.texts))}
    except TypeError:
        return {"params": None}


def _url_id(url: str) -> dict[str, str] | None:
    url_id = id_of_url(url)
    return {"id": url_id.id, "ie_key": url_id.ie_key, "archive_id": url_id.archive_id} if url_id else None


def list_options() -> dict[str, Any]:
    """The answer of `/api/yt-dlp/options`: those with a long flag and help, the ones without a group first."""
    parser = create_parser()
    rows = [("root", option) for option in parser.option_list]
    rows += [(group.title, option) for group in parser.option_groups for option in group.option_list]
    fill = parser.formatter.expand_default
    options = [_option(group, option, fill) for group, option in rows if option._long_opts and option.help]  # noqa: SLF001
    return {"version": __version__, "count": len(options), "options": options}


def _option(group: str, option: optparse.Option, fill: Callable[[optparse.Option], str]) -> dict[str, Any]:
    """A row of the list. `fill` writes the option's default in place of `%default`."""
    flags = [*option._short_opts, *option._long_opts]  # noqa: SLF001
    is_hidden = option.help == optparse.SUPPRESS_HELP
    return {
        "flags": flags,
        "description": _NO_HELP if is_hidden else fill(option),
        "group": group,
        "ignored": not IGNORED_LABELS.isdisjoint(flags),
    }


def _answer(job: Question) -> dict[str, Any]:
    if isinstance(job, ParseJob):
        return _parse(job)
    if isinstance(job, ParamsJob):
        return _params(job)
    if isinstance(job, UrlIdsJob):
        return {"ids": [_url_id(url) for url in job.urls]}
    if isinstance(job, FolderJob):
        return {"folder": folder_of_template(job.template, job.info)}
    if isinstance(job, BrowsersJob):
        return {"browsers": _browsers()}
    assert isinstance(job, OptionsJob)
    return list_options()


def _browsers() -> list[str]:
    """None where the library is not installed."""
    try:
        from dlambda.media.workers.child import guarded_curl
    except ImportError:
        return []
    return guarded_curl.names()


def run(job: Question | QuestionsJob, connection: Connection) -> None:
    """Sends the one answer, or those to the questions that come; `{"invalid": text}` for options that don't parse."""
    programs.allow_only([])
    if not isinstance(job, QuestionsJob):
        _send_answer(job, connection)
        return
    with contextlib.suppress(EOFError):
        while connection.poll(job.idle_seconds):
            _send_answer(pickle.loads(connection.recv_bytes()), connection)  # noqa: S301 from our own process alone


def _send_answer(job: Question, connection: Connection) -> None:
    try:
        answer = _answer(job)
    except Invalid as error:
        answer = {"invalid": error.message}
    connection.send_bytes(json.dumps({"type": "answer", **answer}).encode())
