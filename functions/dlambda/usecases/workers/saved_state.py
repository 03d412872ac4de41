"""State of unfinished work, stored between two invocations.

Two implementations: the work folder itself where it outlives the process (one machine), and the bucket (the cloud).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.media.ytdlp.resume import snapshot


class SavedState(Protocol):
    """The state of items and orders, by their ids."""

    is_shared: bool
    """True if all functions see the work folders, and the bucket lies on the same disk."""

    def save(self, work_id: str, workdir: Path) -> None:
        """Before a handover: keeps what a download continues from."""

    def save_files(self, work_id: str, workdir: Path, names: Iterable[str]) -> None:
        """Keeps some files of the work folder, named relative to it."""

    def load(self, work_id: str, workdir: Path) -> None:
        """Brings what was kept into the work folder."""

    def forget(self, work_id: str) -> None:
        """Removes what was kept."""


class InWorkFolder:
    """The work folder stays where it is: nothing is to be done."""

    is_shared = True

    def save(self, work_id: str, workdir: Path) -> None:
        """Nothing."""

    def save_files(self, work_id: str, workdir: Path, names: Iterable[str]) -> None:
        """Nothing."""

    def load(self, work_id: str, workdir: Path) -> None:
        """Nothing."""

    def forget(self, work_id: str) -> None:
        """Nothing: the folder goes by itself."""


class InBucket:
    """Objects below `resume/<id>/`."""

    is_shared = False

    def save(self, work_id: str, workdir: Path) -> None:
        self.save_files(work_id, workdir, (str(path.relative_to(workdir)) for path in snapshot(workdir)))

    def save_files(self, work_id: str, workdir: Path, names: Iterable[str]) -> None:
        for name in names:
            bucket.put_file(workdir / name, _prefix(work_id) + name, "application/octet-stream")

    def load(self, work_id: str, workdir: Path) -> None:
        """Unless there is such a folder: this machine has begun the work itself."""
        if workdir.exists():
            return
        prefix = _prefix(work_id)
        for file in bucket.list_(prefix):
            path = workdir / file.key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            bucket.get_file(file.key, path)

    def forget(self, work_id: str) -> None:
        bucket.delete([file.key for file in bucket.list_(_prefix(work_id))])


def _prefix(work_id: str) -> str:
    return f"resume/{work_id}/"


def saved_state() -> SavedState:
    """The implementation for this deployment."""
    return InWorkFolder() if current().settings.work_durable else InBucket()
