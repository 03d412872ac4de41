"""Is there a newer release, of this service or of yt-dlp? (docs/contract/system.md 5, check-updates)

An update that is known is answered without a request until the running version has caught up with it; other answers
are remembered for five minutes, errors not at all.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from dlambda.deployment import current, per_deployment
from dlambda.domain.events import event
from dlambda.domain.system.release import UpdateStatus, compare
from dlambda.errors import AppError
from dlambda.media.outgoing.request import Request
from dlambda.media.ytdlp.release_folder import INSTALLED, release_folder
from dlambda.settings import Settings
from dlambda.store import cache
from dlambda.usecases.events.publish import publish

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 10.0
_REMEMBERED_SECONDS: Final = 300
_KNOWN_SECONDS: Final = 365 * 86400
_LIMIT_BYTES: Final = 1024 * 1024
_UNREAD_SECONDS: Final = 10.0
"""How long a process answers from what it has read of known updates."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`new_version` only with an update."""

    status: UpdateStatus
    current_version: str | None
    new_version: str | None = None

    def view(self) -> dict[str, Any]:
        return {
            "status": self.status.value,
            "current_version": self.current_version,
            "new_version": self.new_version,
        }


def ytdlp_version() -> str:
    """The version that serves, by its folder's name or the package's metadata.

    Importing yt-dlp would cost a quarter of a second and 40 MB.
    """
    folder = release_folder()
    return (folder.serving() if folder else INSTALLED) or installed_ytdlp()


@lru_cache(maxsize=1)
def installed_ytdlp() -> str:
    """The version that the service was installed with. Read once: looking for a package takes 4 ms."""
    try:
        return version("yt-dlp")
    except PackageNotFoundError:
        return ""


def check_updates() -> dict[str, Any]:
    """The flat keys are about the service; `app` and `ytdlp` have the same for each."""
    settings = current().settings
    if not settings.check_for_updates:
        off = Checked(UpdateStatus.DISABLED, None).view()
        return {**off, "app": off, "ytdlp": off}
    app = _check("app", settings.app_version, settings.releases_url, settings)
    ytdlp = _check("ytdlp", ytdlp_version(), settings.ytdlp_releases_url, settings)
    return {**app.view(), "app": app.view(), "ytdlp": ytdlp.view()}


def known_updates() -> dict[str, str]:
    """`new_version` and `yt_new_version` as the configuration shows them; `""` for none."""
    settings, now = current().settings, current().clock.time()
    sources = {"new_version": ("app", settings.app_version), "yt_new_version": ("ytdlp", ytdlp_version())}
    latest = _read_latest(now)
    return {name: _if_newer(latest.get(subject), installed) or "" for name, (subject, installed) in sources.items()}


class _Latest:
    """The newest releases that are known, by subject, as they were read last; read again after `until`."""

    def __init__(self) -> None:
        self.versions: Mapping[str, str] = {}
        self.until = 0.0


@per_deployment
def _latest_known() -> _Latest:
    return _Latest()


def _read_latest(now: float) -> Mapping[str, str]:
    """The table's answer, as it was some seconds ago at the latest: clients hear of what is new by an event."""
    latest, monotonic_now = _latest_known(), current().clock.monotonic()
    if monotonic_now >= latest.until:
        entries = {subject: cache.find(_key(subject), now) for subject in ("app", "ytdlp")}
        latest.versions = {subject: entry["new_version"] for subject, entry in entries.items() if entry}
        latest.until = monotonic_now + _UNREAD_SECONDS
    return latest.versions


def check_daily(now: float) -> None:
    """At 03:00 and at the first minute of a deployment, for releases alone, until an update is known."""
    settings = current().settings
    is_release = settings.app_version[:1] == "v" and settings.app_version[1:2].isdigit()
    if not settings.check_for_updates or not is_release or _keep_known("app", settings.app_version, now):
        return
    day = time.strftime("%Y-%m-%d", time.gmtime(now - 3 * 3600))
    if cache.claim(f"updates:{settings.app_version}:{day}", now, 2 * 86400):
        check_updates()


def _key(subject: str) -> str:
    return f"updates:{subject}"


def _keep_known(subject: str, installed: str, now: float) -> str | None:
    """The version of an update that is known and still is one."""
    entry = cache.find(_key(subject), now)
    return _if_newer(entry["new_version"] if entry else None, installed)


def _if_newer(latest: str | None, installed: str) -> str | None:
    """`latest` where it is newer than `installed`."""
    return latest if latest and compare(installed, latest) is UpdateStatus.UPDATE_AVAILABLE else None


def _check(subject: str, installed: str, url: str, settings: Settings) -> Checked:
    now = current().clock.time()
    if remembered_version := _keep_known(subject, installed, now):
        return Checked(UpdateStatus.UPDATE_AVAILABLE, installed, remembered_version)
    if cache.find(f"{_key(subject)}:checked", now) == installed:
        return Checked(UpdateStatus.UP_TO_DATE, installed)
    latest = _latest(url, settings)
    status = compare(installed, latest) if latest else UpdateStatus.ERROR
    if status is UpdateStatus.ERROR or latest is None:
        return Checked(UpdateStatus.ERROR, installed)
    cache.put(f"{_key(subject)}:checked", installed, now + _REMEMBERED_SECONDS)
    is_new = status is UpdateStatus.UPDATE_AVAILABLE
    if is_new:
        cache.put(_key(subject), {"new_version": latest}, now + _KNOWN_SECONDS)
    else:
        cache.remove(_key(subject))
    _latest_known().until = 0.0
    if not is_new:
        return Checked(status, installed)
    checked = Checked(status, installed, latest)
    publish(*_news(subject, checked))
    return checked


def _news(subject: str, checked: Checked) -> Iterable[event.Event]:
    """Clients learn of it as of any other change of the configuration (README, Other fields)."""
    name = "new_version" if subject == "app" else "yt_new_version"
    fields = {name: checked.new_version, subject: checked.view()}
    yield event.config_update("app", "update", fields, owner=event.EVERYONE)


def _latest(url: str, settings: Settings) -> str | None:
    """The tag of the latest release; None for whatever goes wrong."""
    if not url:
        return None
    from dlambda.media.outgoing.fetch import fetch  # loads urllib3, for a question in days

    request = Request(
        url,
        headers={"Accept": "application/json", "User-Agent": f"dlambda/{settings.app_version}"},
        timeout_seconds=_TIMEOUT_SECONDS,
        limit_bytes=_LIMIT_BYTES,
    )
    try:
        tag = json.loads(fetch(request, allow_internal=settings.allow_internal_urls).expect_ok().body)["tag_name"]
    except (AppError, ValueError, KeyError, TypeError) as error:
        log.info("No answer about releases from %s: %s", url, error)
        return None
    return tag if isinstance(tag, str) and tag else None
