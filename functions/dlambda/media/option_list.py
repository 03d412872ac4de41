"""The list of yt-dlp's options for auto-completion and browsers of options (docs/contract/ytdlp.md 7)."""

import optparse
from functools import lru_cache
from typing import Any

from dlambda.domain.ytdlp.option_table import OPTIONS, OptionClass

_NO_DESCRIPTION = "No description available from yt-dlp."
_ROOT = "root"


@lru_cache(maxsize=1)
def list_options() -> list[dict[str, Any]]:
    """`{"flags", "description", "group", "ignored"}` of every option with a long flag; root first, then by group.

    `ignored`: it has no effect here or is refused. The same for a given version of yt-dlp. The first call loads it.
    """
    from yt_dlp.options import create_parser

    kept = {flag for option in OPTIONS if option.class_ is OptionClass.ALLOWED for flag in option.flags}
    parser = create_parser()
    groups = [(_ROOT, parser.option_list), *((one.title, one.option_list) for one in parser.option_groups)]
    found = []
    for group, options in groups:
        for option in options:
            flags = [*option._short_opts, *option._long_opts]  # noqa: SLF001 optparse has no other way to ask
            if option._long_opts and option.help:  # noqa: SLF001
                hidden = option.help == optparse.SUPPRESS_HELP
                found.append(
                    {
                        "flags": flags,
                        "description": _NO_DESCRIPTION if hidden else _plain(parser, option),
                        "group": group,
                        "ignored": not kept.issuperset(flags),
                    }
                )
    return found


def _plain(parser: Any, option: Any) -> str:
    """The help text, with `%default` filled in."""
    return str(parser.formatter.expand_default(option) if parser.formatter.parser else option.help)
