"""yt-dlp's parameters with the remedies of an item in effect (docs/contract/downloads.md 5.11)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from dlambda.domain.items.remedy import Remedy
from dlambda.media.ytdlp import curl_library, plugins

_BROWSER: Final = "chrome"
# Of YouTube alone there are several clients that need no login; yt-dlp's own choice was tried first.
_CLIENTS: Final = {"youtube": ["tv_simply", "web_safari", "mweb", "web_embedded"]}
_EXTRACTOR_OF: Final = {"youtube.com": "youtube"}


def changing_remedies(
    params: Mapping[str, Any], site: str, *, has_hls: bool, is_live: bool, pot_provider: str = ""
) -> set[Remedy]:
    """The remedies that would change something: what a user's options say stays as it is."""
    conditions = {
        Remedy.RETRY: not is_live,
        Remedy.IMPERSONATE: curl_library.is_installed() and not params.get("impersonate"),
        Remedy.CLIENT: site in _EXTRACTOR_OF and "player_client" not in _arguments(params, _EXTRACTOR_OF[site]),
        Remedy.TOKEN: bool(pot_provider)
        and site in _EXTRACTOR_OF
        and plugins.POT_ARGUMENTS not in (params.get("extractor_args") or {})
        and plugins.is_usable(plugins.POT_PROVIDER),
        Remedy.FFMPEG: has_hls and not is_live and params.get("hls_prefer_native") is not False,
        Remedy.LIVE_NOW: is_live and bool(params.get("live_from_start")),
    }
    return {remedy for remedy, changes in conditions.items() if changes}


def with_remedies(
    params: Mapping[str, Any], remedies: Collection[str], site: str, pot_provider: str = ""
) -> dict[str, Any]:
    """The parameters with those of `remedies` that yt-dlp itself provides. `pot_provider`: where tokens come from."""
    new_params = dict(params)
    if Remedy.IMPERSONATE in remedies:
        from yt_dlp.networking.impersonate import ImpersonateTarget  # of a process that has read options

        new_params["impersonate"] = ImpersonateTarget(_BROWSER)
    if Remedy.CLIENT in remedies and site in _EXTRACTOR_OF:
        extractor = _EXTRACTOR_OF[site]
        arguments = {**_arguments(params, extractor), "player_client": _CLIENTS[extractor]}
        new_params["extractor_args"] = {**(params.get("extractor_args") or {}), extractor: arguments}
    if Remedy.TOKEN in remedies and pot_provider and site in _EXTRACTOR_OF:
        extractor = _EXTRACTOR_OF[site]
        arguments = {"fetch_pot": ["always"], **_arguments(new_params, extractor)}
        new_params["extractor_args"] = {
            **(new_params.get("extractor_args") or {}),
            extractor: arguments,
            plugins.POT_ARGUMENTS: {"base_url": [pot_provider]},
        }
    if Remedy.FFMPEG in remedies:
        new_params["hls_prefer_native"] = False
    if Remedy.LIVE_NOW in remedies:
        new_params["live_from_start"] = False
    return new_params


def _arguments(params: Mapping[str, Any], extractor: str) -> Mapping[str, Any]:
    arguments: Mapping[str, Any] = (params.get("extractor_args") or {}).get(extractor) or {}
    return arguments
