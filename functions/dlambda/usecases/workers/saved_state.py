"""State of unfinished work, stored between two invocations.

Two implementations: the work folder itself where it outlives the process (one machine), and the bucket (the cloud).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dlambda.aws.growing import GrowingUpload, Upload
from dlambda.aws.new_files import own_files
from dlambda.deployment import current
from dlambda.media.ytdlp.resume import stable_bytes
from dlambda.usecases.workers.bucket_state import BucketState
from dlambda.usecases.workers.saved_manifest import forget_state
from dlambda.usecases.workers.saved_merging import SavedMerging


class WorkState(Protocol):
    """The state of one item or order while an invocation works on it."""

    is_durable: bool
    """True if the work folder outlives the process, and nothing need be saved."""

    def load(self) -> None:
        """Brings what was saved into the work folder. What an older invocation has left there gives way to it."""

    def fill(self, name: str, on_chunk: Callable[[], None]) -> None:
        """Brings what the file `name`, which is complete now, lacks of its beginning. `on_chunk` may end it by raising.

        Raises `NotFound` when that is gone.
        """

    def missing_bytes(self, name: str) -> int:
        """How many bytes `fill` would bring."""

    def save(self, on_chunk: Callable[[], None]) -> None:
        """Keeps what the work continues from; also while a worker writes it. `on_chunk` is called between requests."""

    @property
    def can_upload(self) -> bool:
        """True if files may go to their places while they grow."""

    @property
    def upload(self) -> Upload | None:
        """The upload that an earlier invocation has begun and this one goes on with."""

    def begin_upload(self, name: str, upload: GrowingUpload) -> bool:
        """Keeps what is needed to go on with an upload of the file `name`. False when there is no such file."""

    def forbid_uploads(self) -> None:
        """Forgets all, since an upload turned out to be of no use; the next invocation makes none."""

    @property
    def merging(self) -> SavedMerging | None:
        """The merge of formats from their saved bytes; None where it is not possible."""

    def leave(self) -> None:
        """Removes the work folder when the state is elsewhere: another invocation goes on."""

    def measure(self) -> tuple[int, int]:
        """How many bytes are there, and how many of them are saved."""

    @property
    def has_advanced(self) -> bool:
        """True if more is kept than at the beginning of this invocation."""


class FolderState:
    """The work folder stays where it is."""

    is_durable = True
    can_upload = True
    upload = None
    merging = None

    def __init__(self, workdir: Path) -> None:
        self._workdir = workdir
        self._size_at_begin = stable_bytes(workdir)

    def load(self) -> None:
        """The folder is there. Of a file that the library has by now, it gets a copy: work may write into it."""
        own_files(self._workdir)

    def fill(self, name: str, on_chunk: Callable[[], None]) -> None:
        """Nothing: the files have all their bytes."""

    def missing_bytes(self, name: str) -> int:  # noqa: ARG002 they have all
        """None."""
        return 0

    def save(self, on_chunk: Callable[[], None]) -> None:
        """Nothing."""

    def begin_upload(self, name: str, upload: GrowingUpload) -> bool:  # noqa: ARG002 it ends with the invocation
        """Nothing."""
        return True

    def forbid_uploads(self) -> None:
        """Nothing: the file has all its bytes."""

    def leave(self) -> None:
        """Nothing."""

    def measure(self) -> tuple[int, int]:
        size_bytes = stable_bytes(self._workdir)
        return size_bytes, size_bytes

    @property
    def has_advanced(self) -> bool:
        return stable_bytes(self._workdir) > self._size_at_begin


class SavedState(Protocol):
    """Where the state of items and orders is, by their ids."""

    is_shared: bool
    """True if all functions see the work folders, and the bucket lies on the same disk."""

    def of(self, work_id: str, workdir: Path) -> WorkState:
        """The state of one piece of work."""

    def forget(self, work_id: str) -> None:
        """Removes what was kept."""


class InWorkFolder:
    """The work folders themselves."""

    is_shared = True

    def of(self, work_id: str, workdir: Path) -> WorkState:  # noqa: ARG002 the folder says all
        return FolderState(workdir)

    def forget(self, work_id: str) -> None:
        """Nothing: the folder goes by itself."""


class InBucket:
    """Objects below `resume/<id>/`."""

    is_shared = False

    def of(self, work_id: str, workdir: Path) -> WorkState:
        return BucketState(work_id, workdir)

    def forget(self, work_id: str) -> None:
        forget_state(work_id)


def saved_state() -> SavedState:
    """The implementation for this deployment."""
    return InWorkFolder() if current().hosting.keeps_scratch else InBucket()
