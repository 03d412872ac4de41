"""Carries the segments of a recording away while it runs, for a worker whose own folder does not last."""

from collections.abc import Iterator
from pathlib import Path

from dlambda.media.ytdlp.work_layout import SEGMENTS, WINDOW
from dlambda.usecases.workers.saved_state import saved_state


class Carrier:
    """The segments of a recording."""

    def __init__(self, order_id: str, workdir: Path) -> None:
        self._workdir = workdir
        self._state = saved_state().of(order_id, workdir)
        self._carried: dict[str, float] = {}

    def load(self) -> None:
        """Brings here what an earlier worker has carried away."""
        self._state.load()
        self._carried = self._list_files()

    def save(self) -> bool:
        """Carries away what is new. True: whoever comes next goes on behind it."""
        self._state.save_files(self._new())
        return True

    def _new(self) -> Iterator[str]:
        """Names of files that are not carried away as they are now; each is, once the next is asked for."""
        for name, changed_at in self._list_files().items():
            if self._carried.get(name) != changed_at:
                yield name
                self._carried[name] = changed_at

    def _list_files(self) -> dict[str, float]:
        """Lists segments before the file that says where they begin: a beginning without segments is no harm."""
        paths = [*self._workdir.glob(f"{SEGMENTS}/*/*.seg"), *self._workdir.glob(f"{SEGMENTS}/*/*.map")]
        paths += self._workdir.glob(WINDOW)
        return {path.relative_to(self._workdir).as_posix(): path.stat().st_mtime for path in paths}
