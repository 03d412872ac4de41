"""The effective options of an item: its preset, its own, and where a worker puts files (docs/contract/ytdlp.md 8)."""

from functools import lru_cache
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.item import Item
from dlambda.domain.rules.preset import Preset, fill_in_variables, join_cli, variables
from dlambda.domain.ytdlp.options import FoundOption, read_options
from dlambda.errors import Invalid

_ARCHIVE, _SECTIONS = "download_archive", "download_ranges"


def item_params(item: Item, preset: Preset) -> dict[str, Any]:
    """yt-dlp's parameters for `item`. Raises `Invalid` when its preset's or its own options don't parse."""
    # Who asks for an option alone needs no workers.
    from dlambda.media.workers.ytdlp_queries import params_of, places_of
    from dlambda.media.ytdlp.worker_jobs import OptionTexts

    return params_of(
        OptionTexts(
            places_of(current().settings),
            preset_cli=preset.cli,
            preset_name=preset.name,
            item_cli=item.cli,
            folder=item.folder,
            template=item.template,
            template_chapter=item.template_chapter or "",
        )
    )


def archive_named(*cli: str) -> str | None:
    """The archive that options name; the last one counts. None where they can't be read.

    A data folder that was moved since its first start keeps its archives, by the name that they had there.
    """
    settings = current().settings
    name = _archive_in(fill_in_variables(join_cli(*cli), variables(settings)))
    inside = f"{settings.config_path}/"
    if name and settings.archives_path and name.startswith(inside):
        return f"{settings.archives_path}/{name.removeprefix(inside)}"
    return name


def part_named(*cli: str) -> str:
    """The sections that options name (`--download-sections`), in their order; empty for the whole media."""
    return " ".join(option.values[0] for option in _find_options(join_cli(*cli), _SECTIONS) if option.values)


def _archive_in(text: str) -> str | None:
    archive_options = _find_options(text, _ARCHIVE)
    return (archive_options[-1].values[0] or None) if archive_options and archive_options[-1].values else None


@lru_cache(maxsize=64)
def _find_options(text: str, dest: str) -> tuple[FoundOption, ...]:
    """The uses of one option; none where the options can't be read."""
    try:
        return tuple(option for option in read_options(text) if option.option.dest == dest)
    except Invalid:
        return ()
