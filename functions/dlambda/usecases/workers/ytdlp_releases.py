"""The release of yt-dlp that works on an item, and its outcome there (docs/decisions/ytdlp-updates.md)."""

from dlambda.domain.items.failure import Failure
from dlambda.domain.items.item import Item
from dlambda.domain.items.remedy import Remedy
from dlambda.domain.system.ytdlp_releases import FAILURES_OF_A_RELEASE
from dlambda.media.ytdlp.release_folder import INSTALLED, release_folder


def release_for(item: Item) -> str:
    """The version for this try of an item: the one on trial is a remedy (`domain.items.remedy`)."""
    folder = release_folder()
    if folder is None:
        return INSTALLED
    return (trial_release() if Remedy.RELEASE in item.attempt.remedies else "") or folder.serving()


def trial_release() -> str:
    """The version on trial; `""` when there is none."""
    folder = release_folder()
    trial = folder.read().trial if folder else ""
    return trial if folder and folder.path_of(trial) else ""


def note_success(item: Item, release: str) -> None:
    """An item has its file."""
    _note(item, release, succeeded=True)


def note_failure(item: Item, release: str, failure: Failure) -> None:
    """A try of an item has failed. Failures that no release of yt-dlp can change do not count."""
    if failure.kind in FAILURES_OF_A_RELEASE:
        _note(item, release, succeeded=False)


def _note(item: Item, release: str, *, succeeded: bool) -> None:
    folder = release_folder()
    if folder is not None and item.extractor:
        folder.note_outcome(release, item.extractor, succeeded=succeeded)
