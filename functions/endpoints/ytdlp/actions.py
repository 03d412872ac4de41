"""Meanings of option texts, and ids of URLs (docs/contract/ytdlp.md 3 and 6)."""

from typing import Any

from dlambda.deployment import current
from dlambda.domain.ytdlp.option_table import removal_reason
from dlambda.errors import AppError, Invalid, Required
from dlambda.media.sandbox.guard import check_url
from dlambda.media.workers.ytdlp_queries import ids_of_urls, parse


def parse_failure(reason: str) -> Invalid:
    return Invalid(f"Failed to parse command options for yt-dlp. '{reason}'.")


def convert(body: object) -> dict[str, Any]:
    args = body.get("args") if isinstance(body, dict) else None
    if not isinstance(args, str) or not args.strip():
        raise Required("args param is required.")
    try:
        parsed = parse(args)
    except Invalid as error:
        raise parse_failure(error.message) from None
    answer: dict[str, Any] = {
        "opts": parsed.params,
        "output_template": parsed.output_template,
        "download_path": parsed.download_path,
    }
    if parsed.format is not None:
        answer["format"] = parsed.format
    if parsed.removed:
        answer["removed_options"] = parsed.removed
    reasons = {label: reason for label in parsed.removed if (reason := removal_reason(label))}
    if reasons:
        answer["removed_reasons"] = reasons
    return answer


def archive_ids(body: object) -> list[dict[str, Any]]:
    """Answers one entry per URL, in order."""
    if not isinstance(body, list) or not body:
        raise Invalid("Invalid request. expecting list with URLs.")
    errors = [_problem(url) for url in body]
    good = [url for url, error in zip(body, errors, strict=True) if error is None]
    ids_by_url = dict(zip(good, ids_of_urls(good), strict=True)) if good else {}
    empty = {"id": None, "ie_key": None, "archive_id": None}
    return [
        {"index": index, "url": url, **((ids_by_url[url] if error is None else None) or empty), "error": error}
        for index, (url, error) in enumerate(zip(body, errors, strict=True))
    ]


def _problem(url: object) -> str | None:
    if not isinstance(url, str):
        return "Invalid URL."
    try:
        check_url(url, allow_internal=current().settings.allow_internal_urls)
    except AppError as error:
        return error.message
    return None
