"""The cookies that a download or an extraction is made with, in yt-dlp's form (docs/contract/ytdlp.md 9)."""

import logging

from dlambda.domain.items.item import Item
from dlambda.domain.rules.preset import Preset
from dlambda.domain.ytdlp.cookie_file import read_cookies
from dlambda.errors import Invalid
from dlambda.usecases.rules.cookie_jars import find_for_item

log = logging.getLogger(__name__)


def cookies_for(item: Item, preset: Preset) -> str | None:
    """The item's own, else its preset's, else those of its site's jar (cookies.md).

    Raises `Invalid` with downloads.md 5.2's text for its own unreadable ones.
    """
    if not item.cookies.strip():
        item_jar = find_for_item(item, preset)
        return item_jar.jar.text if item_jar and item_jar.is_used else cookies_of(preset)
    try:
        file = read_cookies(item.cookies)
    except Invalid as error:
        raise Invalid(f"Failed to create cookie file for '{item.url}'. '{error.message}'.") from None
    for problem in file.skipped:
        log.warning("A cookie is left out. %s", problem, extra={"item_id": item.id})
    return file.text


def cookies_of(preset: Preset) -> str | None:
    """None where it has none, or unreadable ones that an earlier release accepted (rules.md 2.1)."""
    if not preset.cookies.strip():
        return None
    try:
        file = read_cookies(preset.cookies)
    except Invalid as error:
        log.warning("The preset '%s' is used without its cookies. %s", preset.name, error.message)
        return None
    for problem in file.skipped:
        log.warning("A cookie of the preset '%s' is left out. %s", preset.name, problem)
    return file.text
