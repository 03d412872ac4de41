"""Metadata of a URL as `/api/yt-dlp/url/info` answers it (docs/contract/ytdlp.md 5)."""

import json
import logging
import re
from dataclasses import replace
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.items.archive import archive_key
from dlambda.domain.items.entries import LIST_TYPES, plan_entries
from dlambda.domain.web.answer_size import MOST_LIST_BYTES, fitting_values
from dlambda.domain.ytdlp.options import read_options
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, Required, TooMany, Unavailable
from dlambda.media.sandbox.guard import check_url
from dlambda.store.items import archive
from dlambda.usecases.items.options import archive_named
from dlambda.usecases.lookups.look_up_info import Looked, Nothing, look_up
from dlambda.usecases.rules.presets import find_preset
from endpoints.ytdlp.actions import parse_failure

log = logging.getLogger(__name__)

_KEPT_SECONDS: Final = 300
_OF_PARSER: Final = re.compile(r"^Invalid command options for yt-dlp were given\. '(?P<reason>.*)'\.$", re.DOTALL)


_WHOLE_LIST: Final = "--yes-playlist"


def url_info(url: str, preset_name: str, args: str, owner: str, *, force: bool, entries: bool) -> str:
    """The answer's body for the member `owner` or an admin; with `entries`, those of a list as they can be added.

    Raises what the contract names, in its order.
    """
    url, args = url.strip(), args.strip()
    try:
        if not url:
            raise Required("URL is required.")
        check_url(url, allow_internal=current().settings.allow_internal_urls)
        preset = find_preset(preset_name.strip() or current().settings.default_preset)
        if preset is None:
            raise NotFound(f"Preset '{preset_name}' does not exist.")
    except AppError as error:
        error.extra |= {"status": False, "message": error.message}
        raise
    _check(args)
    # An address of one video of a list stands for the list, whatever the options say.
    answer = _look_up(url, preset.name, f"{args} {_WHOLE_LIST}".strip() if entries else args, owner, force=force)
    archive_file = archive_named(preset.cli, args)
    if entries:
        answer = _with_entries(answer, url, archive_key(archive_file, owner) if archive_file else "")
    dynamic = _dynamic(answer, preset.name, archive_file, args, owner)
    head = ",\n".join(f"    {json.dumps(name)}: {_indent(value)}" for name, value in dynamic.items())
    return f"{{\n{head}{',' if answer.text else ''}\n{answer.text}\n}}"


def _with_entries(answer: Looked, url: str, key: str) -> Looked:
    """The answer with the entries that would become items; as it is for a single video."""
    info = answer.info()
    if info.get("_type") not in LIST_TYPES:
        return answer
    plan = plan_entries(info, {url})
    views = [plan.view(entry) for entry in plan.entries]
    ids = [view["archive_id"] for view in views if view["archive_id"]]
    present = set(archive.find_present(key, ids)) if key and ids else set()
    listed = [{**view, "is_archived": view["archive_id"] in present} for view in views]
    info["entries"] = list(fitting_values(listed, MOST_LIST_BYTES // 2))  # which are indented, and not all there is
    if len(info["entries"]) < len(listed):
        info["truncated"] = True
    return replace(answer, text=",\n".join(f"    {json.dumps(name)}: {_indent(info[name])}" for name in info))


def _indent(value: Any) -> str:
    return json.dumps(value, indent=4).replace("\n", "\n    ")


def _check(args: str) -> None:
    allow_internal = current().settings.allow_internal_urls
    try:
        options = read_options(args, allow_internal=allow_internal)
        problem = next((option.problem for option in options if option.problem), None)
    except Invalid as error:
        raise parse_failure(error.message) from None
    if problem:
        raise parse_failure(problem)


def _look_up(url: str, preset: str, args: str, owner: str, *, force: bool) -> Looked:
    try:
        return look_up(url, preset, args, owner, kept_seconds=_KEPT_SECONDS, force=force)
    except Nothing as failure:
        extraction = failure.extraction
        text = "Failed to extract video info."
        why = ". ".join(dict.fromkeys([*([extraction.error] if extraction.error else []), *extraction.warnings]))
        raise OperationFailed(f"{text} {why}".strip(), extra={"status": False, "message": text}) from None
    except Invalid as error:
        match = _OF_PARSER.match(error.message)
        raise (parse_failure(match["reason"]) if match else error) from None
    except (TooMany, Unavailable):
        raise
    except AppError as error:
        log.warning("url/info failed", exc_info=True)
        extra = {"message": error.message, "formats": []}
        raise OperationFailed("failed to get video info.", extra=extra) from None


def _dynamic(answer: Looked, preset: str, archive_file: str | None, args: str, owner: str) -> dict[str, Any]:
    """The fields that are worked out anew at each answer."""
    present: list[str] = []
    if archive_file and answer.archive_ids:
        present = archive.find_present(archive_key(archive_file, owner), answer.archive_ids)
    expires = answer.at + _KEPT_SECONDS
    fields: dict[str, Any] = {
        "is_archived": bool(present),
        "is_premiere": answer.is_premiere,
        "archive_file": archive_file,
    }
    if archive_file and answer.archive_ids:
        fields["archive_id"] = answer.archive_ids[0]
    fields["_cached"] = {
        "status": "miss" if answer.fresh else "hit",
        "preset": preset,
        "cli_args": args or None,
        "key": answer.key,
        "ttl": _KEPT_SECONDS,
        "ttl_left": _KEPT_SECONDS if answer.fresh else round(expires - current().clock.time(), 3),
        "expires": expires,
    }
    return fields
