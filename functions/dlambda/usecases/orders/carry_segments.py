"""Carries the segments of a recording away while it runs, for a worker whose own folder does not last."""

from collections.abc import Callable, Iterator
from pathlib import Path

from dlambda.media.ytdlp.work_layout import SEGMENTS, WINDOW
from dlambda.usecases.workers.saved_state import saved_state


class Carrier:
    """The segments of a recording."""

    def __init__(self, order_id: str, workdir: Path) -> None:
        self._workdir = workdir
        self._state = saved_state().of(order_id, workdir)
        self._carried: dict[str, float] = {}

    @property
    def is_needed(self) -> bool:
        """False where the folder lasts."""
        return not self._state.is_durable

    def load(self) -> None:
        """Begins with what an earlier worker has carried away, in the place of what it left here.

        Of the segments only names and lengths come, which is all that a recording needs to go on (`fill`).
        """
        self._state.leave()
        self._state.load()
        self._carried = self._list_files()

    def fill(self, on_file: Callable[[], None]) -> None:
        """Brings the segments themselves, once all of them are recorded. `on_file` may end it by raising."""
        self._state.fill_files(on_file)

    def save(self) -> None:
        """Carries away what is new; whoever comes next goes on behind it."""
        self._state.save_files(self._new())

    def leave(self) -> None:
        """Removes the folder, where it does not last: another worker goes on."""
        self._state.leave()

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
