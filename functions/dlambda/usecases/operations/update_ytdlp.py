"""Updates of yt-dlp on one machine: fetched, proved, tried, taken back (docs/contract/system.md 5, yt-dlp).

An update may be killed at any line. What it wrote by then is a folder without a name, which the next update removes, or
a complete release that nothing serves yet.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.system.release import UpdateStatus, compare
from dlambda.domain.system.tool_release import age
from dlambda.domain.system.ytdlp_releases import Releases
from dlambda.errors import AppError, Conflict, NotAcceptable
from dlambda.media.ytdlp.release_folder import INSTALLED, ReleaseFolder, release_folder
from dlambda.media.ytdlp.release_install import Offer, install, look_up
from dlambda.usecases.events.publish import publish
from dlambda.usecases.operations.check_updates import installed_ytdlp, ytdlp_version

log = logging.getLogger(__name__)

_DAY_SECONDS: Final = 86_400.0
_CHANNELS: Final = frozenset({"stable", "nightly"})
_ELSEWHERE: Final = "yt-dlp is a part of the functions' images here: deploy the service again to update it."
_UNDER_WAY: Final = "An update of yt-dlp is under way."


def status() -> dict[str, Any]:
    """The release that serves, its age, and what is known of newer ones."""
    folder, settings = release_folder(), current().settings
    releases = folder.read() if folder else Releases()
    version = ytdlp_version()
    return {
        "version": version,
        **age("yt-dlp", version, current().clock.now().date()),
        "installed": installed_ytdlp(),
        "channel": settings.ytdlp_version or "stable",
        "auto_update": folder is not None and _updates_by_itself(),
        "newest": releases.newest or None,
        "trial": releases.trial or None,
        "previous": (releases.previous or installed_ytdlp()) if releases.serving else None,
        "since": releases.since or None,
        "checked_at": releases.checked_at if releases.newest else None,  # before, it is the first start
        "updating": folder is not None and folder.is_updating(),
        "error": releases.error or None,
        "refused": [{"version": name, "reason": reason} for name, reason in releases.refused.items()],
        "new_options": list(releases.new_options),
        "missing_options": list(releases.missing_options),
    }


def start_update() -> dict[str, Any]:
    """Begins an update and answers the status.

    Raises `NotAcceptable` in the cloud, `Conflict` while another one is under way.
    """
    folder = _folder()
    if folder.is_updating():
        raise Conflict(_UNDER_WAY)
    _in_background(folder)
    return status() | {"updating": True}


def update_now() -> dict[str, Any]:
    """Updates, and answers the status. Raises as `start_update`."""
    folder = _folder()
    if not _update(folder):
        raise Conflict(_UNDER_WAY)
    return status()


def follow_releases(now: float) -> None:
    """A part of the minute's round: ends trials, takes releases back, and looks for newer ones once a day.

    The first time a day after the first start: a new installation has what it was tested with.
    """
    folder = release_folder()
    if folder is None:
        return
    before = folder.read()
    if not before.checked_at:
        folder.change(lambda releases: _check(releases, now))
        return
    _tell(before, folder.change(lambda releases: _without_outdated(releases, now).decide(now)))
    if _updates_by_itself() and now - before.checked_at >= _DAY_SECONDS:
        folder.change(lambda releases: _check(releases, now))
        _in_background(folder)


def _updates_by_itself() -> bool:
    """An operator who wants no questions about releases wants none about yt-dlp's."""
    return current().settings.ytdlp_auto_update and current().settings.check_for_updates


def _folder() -> ReleaseFolder:
    folder = release_folder()
    if folder is None:
        raise NotAcceptable(_ELSEWHERE)
    return folder


def _in_background(folder: ReleaseFolder) -> None:
    """Returns when the update has begun, so that whoever asks next sees it."""
    has_begun = threading.Event()
    threading.Thread(target=_update, args=(folder, has_begun.set), name="yt-dlp-update", daemon=True).start()
    has_begun.wait()


def _update(folder: ReleaseFolder, begin: Callable[[], object] = lambda: None) -> bool:
    """False when another update is under way. What goes wrong is told by the status and in the log.

    Calls `begin` when that is decided.
    """
    with folder.updating() as is_ours:
        begin()
        if not is_ours:
            return False
        before, now = folder.read(), current().clock.time()
        try:
            folder.change(lambda releases: _without_outdated(releases, now))
            _try_newest(folder)
        except AppError as error:
            log.warning("yt-dlp was not updated: %s", error.message)
            _note_error(folder, error.message)
        except OSError as error:
            log.warning("yt-dlp was not updated", exc_info=True)
            _note_error(folder, f"{error.strerror or error}.")
        _tell(before, folder.read())
        folder.remove_unused()
    return True


def _try_newest(folder: ReleaseFolder) -> None:
    channel = current().settings.ytdlp_version or "stable"
    is_pinned = channel not in _CHANNELS
    if is_pinned and channel == installed_ytdlp():
        _serve(folder, INSTALLED)
        return
    offer = look_up(channel)
    version, now = offer.version, current().clock.time()
    releases = folder.change(lambda releases: _check(releases, now, newest=version))
    if version in releases.in_use or (version in releases.refused and not is_pinned):
        return
    if not is_pinned and compare(ytdlp_version(), version) is not UpdateStatus.UPDATE_AVAILABLE:
        return
    if _prove(folder, offer):
        if is_pinned:
            _serve(folder, version)
        else:
            folder.change(lambda releases: releases.begin_trial(version, now))


def _prove(folder: ReleaseFolder, offer: Offer) -> bool:
    """Installs the release and tries it; True when it works. A release that does not is never tried again."""
    from dlambda.media.workers.release_proof import prove  # runs workers, which few processes need

    version = offer.version
    log.info("installing yt-dlp %s", version)
    with folder.new_release() as new:
        install(offer, new)
        folder.accept(new, version)
    proof = prove(version)
    now = current().clock.time()
    if proof.problem:
        folder.change(lambda releases: releases.refuse(version, proof.problem, now))
        return False
    folder.change(lambda releases: _with_options(releases, proof.new_options, proof.missing_options))
    return True


def _serve(folder: ReleaseFolder, version: str) -> None:
    now = current().clock.time()
    folder.change(lambda releases: releases if releases.serving == version else releases.serve(version, now))


def _without_outdated(releases: Releases, now: float) -> Releases:
    """The installed release serves when it is newer than a fetched one: the service was updated as a whole."""
    is_pinned = (current().settings.ytdlp_version or "stable") not in _CHANNELS
    if not releases.serving or is_pinned:
        return releases
    outdated = compare(installed_ytdlp(), releases.serving) is not UpdateStatus.UPDATE_AVAILABLE
    return replace(releases.serve(INSTALLED, now), previous="") if outdated else releases


def _check(releases: Releases, now: float, newest: str = "") -> Releases:
    return replace(releases, checked_at=now, newest=newest or releases.newest, error="")


def _with_options(releases: Releases, new: tuple[str, ...], missing: tuple[str, ...]) -> Releases:
    return replace(releases, new_options=new, missing_options=missing)


def _note_error(folder: ReleaseFolder, text: str) -> None:
    folder.change(lambda releases: replace(releases, error=text))


def _tell(before: Releases, after: Releases) -> None:
    """Tells clients and the log what has changed."""
    if after.trial and after.trial != before.trial:
        log.info("yt-dlp %s is on trial: it gets the items that have failed", after.trial)
    for version in after.refused.keys() - before.refused.keys():
        reason = after.refused[version]
        log.warning("yt-dlp %s is not used: %s", version, reason)
        message = f"yt-dlp {version} is not used: {reason} {ytdlp_version()} serves."
        publish(event.log(event.Name.LOG_WARNING, "yt-dlp", message, owner=event.EVERYONE))
    if after.serving != before.serving:
        log.info("yt-dlp %s serves", ytdlp_version())
        publish(event.config_update("app", "update", {"ytdlp_version": ytdlp_version()}, owner=event.EVERYONE))
