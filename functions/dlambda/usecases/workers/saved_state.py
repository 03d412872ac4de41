"""Keeps in the bucket what unfinished work continues from, where the work folder does not outlive its machine."""

from pathlib import Path

from dlambda.aws import bucket
from dlambda.media.ytdlp.resume import snapshot
from dlambda.settings import get_settings


def state_prefix(work_id: str) -> str:
    """The keys of the state of an item or an order, by its id."""
    return f"resume/{work_id}/"


def save_state(work_id: str, workdir: Path) -> None:
    """Puts what a download continues from into the bucket before a hand-over, unless the folder is durable itself."""
    if get_settings().work_durable:
        return
    for path in snapshot(workdir):
        bucket.put_file(path, state_prefix(work_id) + str(path.relative_to(workdir)), "application/octet-stream")


def load_state(work_id: str, workdir: Path) -> None:
    """Brings what `save_state` saved into the work folder, unless that is there already."""
    if get_settings().work_durable or workdir.exists():
        return
    prefix = state_prefix(work_id)
    for file in bucket.list_(prefix):
        path = workdir / file.key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        bucket.get_file(file.key, path)


def forget_state(work_id: str) -> None:
    """Removes what `save_state` saved: the work is done."""
    if not get_settings().work_durable:
        bucket.delete([file.key for file in bucket.list_(state_prefix(work_id))])
