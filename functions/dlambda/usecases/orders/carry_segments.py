"""Carries the segments of a recording away while it runs, for a worker whose own folder does not last.

They are objects below `resume/<id>/files/`. Of the segments only names and lengths come back at first, which is all
that a recording needs to go on.
"""

import os
from collections.abc import Callable
from pathlib import Path

from dlambda.aws import bucket
from dlambda.media.ytdlp.work_layout import SEGMENTS, WINDOW
from dlambda.usecases.workers.parallel import for_all
from dlambda.usecases.workers.saved_files import prefix_of
from dlambda.usecases.workers.saved_state import saved_state


class Carrier:
    """The segments of a recording."""

    def __init__(self, order_id: str, workdir: Path) -> None:
        self._workdir = workdir
        self._state = saved_state().of(order_id, workdir)
        self._prefix = f"{prefix_of(order_id)}files/"
        self._carried: dict[str, float] = {}
        self._hollow: list[str] = []  # names of segments, of which the bucket alone has the bytes

    @property
    def is_needed(self) -> bool:
        """False where the folder lasts."""
        return not self._state.is_durable

    def load(self) -> None:
        """Begins with what an earlier worker has carried away, in the place of what it left here."""
        self._state.leave()
        self._state.load()
        if self.is_needed:
            self._restore()
        self._carried = self._list_files()

    def fill(self, on_file: Callable[[], None]) -> None:
        """Brings the segments themselves, once all of them are recorded. `on_file` may end it by raising."""
        for_all(self._hollow, lambda name: bucket.get_file(self._prefix + name, self._workdir / name), on_file)
        self._hollow.clear()

    def save(self) -> None:
        """Carries away what is new; whoever comes next goes on behind it."""
        for name, changed_at in self._list_files().items() if self.is_needed else ():
            if self._carried.get(name) != changed_at:
                bucket.put_file(self._workdir / name, self._prefix + name, "application/octet-stream")
                self._carried[name] = changed_at

    def leave(self) -> None:
        """Removes the folder, where it does not last: another worker goes on."""
        self._state.leave()

    def _restore(self) -> None:
        for stored in bucket.list_(self._prefix):
            name = stored.key.removeprefix(self._prefix)
            path = self._workdir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.startswith(f"{SEGMENTS}/"):
                path.touch()
                os.truncate(path, stored.size_bytes)
                self._hollow.append(name)
            else:
                bucket.get_file(stored.key, path)

    def _list_files(self) -> dict[str, float]:
        """Lists segments before the file that says where they begin: a beginning without segments is no harm."""
        paths = [*self._workdir.glob(f"{SEGMENTS}/*/*.seg"), *self._workdir.glob(f"{SEGMENTS}/*/*.map")]
        paths += self._workdir.glob(WINDOW)
        return {path.relative_to(self._workdir).as_posix(): path.stat().st_mtime for path in paths}
