"""The parameters that an item runs with (docs/contract/ytdlp.md 8)."""

from typing import Any

from dlambda.domain.rules import preset
from dlambda.errors import Invalid
from dlambda.media.ytdlp.merging import merge
from dlambda.media.ytdlp.options import parse_options
from dlambda.media.ytdlp.worker_jobs import OptionTexts

_LIBRARY_DEFAULT_FORMATS = frozenset({"not_set", "default", "best"})


def _real_format(params: dict[str, Any]) -> dict[str, Any]:
    if params.get("format") in _LIBRARY_DEFAULT_FORMATS:
        params["format"] = None
    elif params.get("format") == "-best":
        params["format"] = "best"
    return params


def _item_text(text: object, least: int) -> str:
    return text if isinstance(text, str) and len(text.strip()) >= least else ""


def effective_params(texts: OptionTexts) -> dict[str, Any]:
    """yt-dlp's parameters, in the order of ytdlp.md 8: defaults, folder and template, then option texts.

    Raises `Invalid` with the documented texts.
    """
    places = texts.places
    values = preset.variables(places)
    preset_text, item_text = _item_text(texts.preset_cli, 2), _item_text(texts.item_cli, 2)
    if preset_text:
        try:
            parse_options(preset_text, values, allow_internal=places.allow_internal_urls)
        except Invalid as error:
            text = f"Invalid preset '{texts.preset_name}' command options for yt-dlp. '{error.message}'."
            raise Invalid(text) from None
    try:
        text = f"{preset_text}\n{item_text}".strip()
        user_params = parse_options(text, values, allow_internal=places.allow_internal_urls).params
    except Invalid as error:
        raise Invalid(f"Invalid command options for yt-dlp were given. '{error.message}'.") from None
    home = "/".join(part for part in (places.download_path.rstrip("/"), texts.folder.strip("/")) if part)
    params = {
        "paths": {"home": home, "temp": places.temp_path},
        "outtmpl": {
            "default": texts.template or places.output_template,
            "chapter": texts.template_chapter or places.output_template_chapter,
        },
    }
    return _real_format(merge(params, user_params))
