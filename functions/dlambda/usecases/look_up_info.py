"""A URL's metadata for somebody who only wants to see it, remembered for a while (docs/contract/rules.md 3.2)."""

import hashlib
import time
from typing import Any, Final

from dlambda.aws import bucket
from dlambda.errors import Invalid, NotFound
from dlambda.media.extract import NOTHING_TEXT, extract
from dlambda.media.guard import check_url
from dlambda.settings import get_settings
from dlambda.usecases.presets import find_preset

KEPT_SECONDS: Final = 600
_WAIT_SECONDS: Final = 25.0
"""An HTTP API gives up at 30."""


def look_up_info(url: str, preset_name: str) -> dict[str, Any]:
    """The metadata of `url` with the options of a preset; an unknown preset is silently without effect.

    Raises `Invalid` with the documented texts.
    """
    settings = get_settings()
    check_url(url, allow_internal=settings.allow_internal_urls)
    key = f"cache/info/{hashlib.sha256(f'{preset_name}:{url}'.encode()).hexdigest()}"
    info = _remembered(key)
    if info is None:
        info = _extracted(url, preset_name)
        bucket.put_json(key, {"until": time.time() + KEPT_SECONDS, "info": info})
    return info


def _remembered(key: str) -> dict[str, Any] | None:
    try:
        kept = bucket.get_json(key)
    except NotFound:
        return None
    return kept["info"] if kept["until"] > time.time() else None


def _extracted(url: str, preset_name: str) -> dict[str, Any]:
    from dlambda.media.options import effective_params  # brings yt-dlp in, which most doors never need

    settings = get_settings()
    preset = find_preset(preset_name)
    cli = preset.cli if preset else ""
    found = extract(
        url,
        effective_params(settings=settings, preset_cli=cli, preset_name=preset_name),
        cookies=preset.cookies if preset and preset.cookies else None,
        timeout_seconds=min(settings.extract_info_timeout, _WAIT_SECONDS),
        allow_internal=settings.allow_internal_urls,
    )
    if found.info is None and found.error in (None, NOTHING_TEXT):
        raise Invalid(f"Failed to extract info from '{url}'.")
    if found.info is None:
        raise Invalid(f"Failed to extract video info. '{found.error}'")
    return {name: value for name, value in found.info.items() if not name.startswith("_")}
