"""Writes the command line of an item (docs/contract/ytdlp.md 4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.request import Request, read_request
from dlambda.domain.paths.paths import resolve_folder
from dlambda.domain.rules.preset import Preset, fill_in_variables, variables
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.ytdlp.command import CommandLine
from dlambda.domain.ytdlp.cookie_file import read_cookies
from dlambda.domain.ytdlp.option_secrets import mask_options
from dlambda.errors import AppError, Forbidden, Invalid, NotFound
from dlambda.media.workers.ytdlp_queries import effective, places_of
from dlambda.media.ytdlp.worker_jobs import OptionTexts
from dlambda.usecases.items.add_items import check_request
from dlambda.usecases.operations.cookie_files import write_cookie_file
from dlambda.usecases.rules.cookies import cookies_of
from dlambda.usecases.rules.input_rules import input_rules
from dlambda.usecases.rules.presets import preset_for


def write(body: object, *, full: bool) -> dict[str, Any]:
    if not current().settings.console_enabled:
        raise Forbidden("Console is disabled.")
    if not isinstance(body, dict) or not body:
        raise Invalid("Invalid request. expecting JSON body.")
    urls, request = _read(body)
    preset = preset_for(request.preset)
    preset = replace(preset, cli=mask_options(preset.cli))  # in clear on the preset's own page alone
    line = _line(request, preset, urls)
    try:
        params = effective(_texts(request, preset)) if full else {}
        answer: dict[str, Any] = {"command": line.text}
    except Invalid:
        raise Invalid("Failed to build CLI command") from None
    if full:
        merged = {"template": line.template, "save_path": line.folder, "cookie_file": line.cookie_file}
        answer |= {"dict": line.words, "ytdlp": params, "merged": merged}
    return answer


def _read(body: Mapping[str, Any]) -> tuple[list[str], Request]:
    """The URLs and the request; each URL is checked as if it were alone."""
    text, rules = body.get("url"), input_rules()
    urls = text.split() if isinstance(text, str) else []
    try:
        requests = [read_request({**body, "url": url}, rules) for url in urls] or [read_request(body, rules)]
        for request in requests:
            check_request(request)
    except AppError as error:
        error.extra["data"] = dict(body)
        if isinstance(error, NotFound):
            raise Invalid(error.message, extra=error.extra) from None
        raise
    return [request.url for request in requests], requests[0]


def _line(request: Request, preset: Preset, urls: list[str]) -> CommandLine:
    settings = current().settings
    folder = request.folder or resolve_folder(preset.folder, input_rules())
    values = variables(current().settings)
    return CommandLine(
        urls=urls,
        folder="/".join(part for part in (settings.download_path.rstrip("/"), folder) if part),
        temp_folder=settings.temp_path,
        template=request.template or preset.template or settings.output_template,
        preset_cli=fill_in_variables(preset.cli, values),
        cli=fill_in_variables(request.cli, values),
        cookie_file=_cookie_file(request, preset),
    )


def _cookie_file(request: Request, preset: Preset) -> str | None:
    if request.cookies not in ("", MASK):
        return write_cookie_file(read_cookies(request.cookies).text)
    cookies = cookies_of(preset)
    return write_cookie_file(cookies, f"preset-{preset.id}") if cookies else None


def _texts(request: Request, preset: Preset) -> OptionTexts:
    return OptionTexts(
        places_of(current().settings),
        preset_cli=preset.cli,
        preset_name=preset.name,
        item_cli=request.cli,
        folder=request.folder or resolve_folder(preset.folder, input_rules()),
        template=request.template or preset.template,
    )
