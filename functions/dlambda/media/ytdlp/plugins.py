"""Plugins of yt-dlp that are loaded: of an allow-list, by name and version. All others stay off (`YTDLP_NO_PLUGINS`).

A plugin is code of others that runs in workers. It is imported by its module's name, so that nothing else in its
package, and nothing beside it, is run.
"""

import importlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

POT_PROVIDER: Final = "bgutil-ytdlp-pot-provider"
POT_ARGUMENTS: Final = "youtubepot-bgutilhttp"
"""The extractor arguments of that plugin; `base_url` is its server."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A package on the list: its versions that were looked at, and the module that registers itself with yt-dlp."""

    versions: frozenset[str]
    module: str


ALLOWED: Final[Mapping[str, Plugin]] = {
    POT_PROVIDER: Plugin(frozenset({"2.0.2"}), "yt_dlp_plugins.extractor.getpot_bgutil_http"),
}


def is_usable(name: str) -> bool:
    """True if the package is on the list and installed in a version that is."""
    try:
        return name in ALLOWED and importlib.metadata.version(name) in ALLOWED[name].versions
    except importlib.metadata.PackageNotFoundError:
        return False


def load(names: Iterable[str]) -> None:
    """Loads plugins, in a worker process alone. One that is not usable is left out."""
    for name in names:
        if is_usable(name):
            importlib.import_module(ALLOWED[name].module)
