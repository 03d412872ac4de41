"""Carries the segments of a recording to the bucket while it runs, where a worker's own folder does not last."""

from pathlib import Path

from dlambda.aws import bucket
from dlambda.media.ytdlp.work_layout import SEGMENTS, WINDOW
from dlambda.settings import get_settings
from dlambda.usecases.workers.saved_state import load_state, state_prefix


class Carrier:
    """The segments of a recording. Nothing to do on one machine, whose folder is durable."""

    def __init__(self, order_id: str, workdir: Path) -> None:
        self._order_id = order_id
        self._workdir = workdir
        self._carried: dict[str, float] = {}

    def load(self) -> None:
        """Brings here what an earlier worker has carried away."""
        load_state(self._order_id, self._workdir)
        self._carried = self._list_files()

    def save(self) -> None:
        """Carries away what is new."""
        if get_settings().work_durable:
            return
        for name, changed_at in self._list_files().items():
            if self._carried.get(name) != changed_at:
                key = state_prefix(self._order_id) + name
                bucket.put_file(self._workdir / name, key, "application/octet-stream")
                self._carried[name] = changed_at

    def _list_files(self) -> dict[str, float]:
        """Lists segments before the file that says where they begin: a beginning without segments is no harm."""
        paths = [*self._workdir.glob(f"{SEGMENTS}/*/*.seg"), *self._workdir.glob(f"{SEGMENTS}/*/*.map")]
        paths += self._workdir.glob(WINDOW)
        return {path.relative_to(self._workdir).as_posix(): path.stat().st_mtime for path in paths}
