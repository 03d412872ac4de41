"""Recording a part of a live stream: the worker process, and joining what it brought (docs/contract/hostapi.md)."""

from pathlib import Path

from dlambda.deployment import current
from dlambda.media.live.recorded_segments import read_folder
from dlambda.media.machine.tools import find_tool
from dlambda.media.workers.download import DownloadSpec, Running
from dlambda.media.workers.worker import start_worker
from dlambda.media.ytdlp.work_layout import SEGMENTS
from dlambda.media.ytdlp.worker_jobs import RecordJob, RecordSpec

__all__ = ["RecordSpec", "join_tracks", "start_recording"]

_BLOCK = 1024 * 1024


def start_recording(spec: RecordSpec) -> Running:
    """Starts recording, or goes on with what lies in the workdir. Raises `Unavailable` without a worker."""
    spec.workdir.mkdir(parents=True, exist_ok=True)
    job = RecordJob(
        **vars(spec),
        cache=str(current().settings.scratch / "cache"),
        deno=find_tool("deno"),
        debug=current().settings.ytdlp_debug,
    )
    return Running(DownloadSpec(spec.order_id, spec.url, spec.params, spec.workdir), start_worker(job))


def join_tracks(workdir: Path) -> list[Path]:
    """Writes a file for each track, of all its segments in order."""
    folders = sorted(path for path in (workdir / SEGMENTS).iterdir() if path.is_dir())
    return [joined for folder in folders if (joined := _join(folder, workdir / f"track-{folder.name}"))]


def _join(folder: Path, target: Path) -> Path | None:
    recorded = read_folder(folder)
    begun: bytes | None = None
    with target.open("wb") as file:
        for segment_name in recorded:
            beginning = folder / f"{segment_name.era:04d}-{segment_name.sequence:012d}.map"
            if beginning.is_file() and (map_bytes := beginning.read_bytes()) != begun:
                file.write(map_bytes)
                begun = map_bytes
            with (folder / segment_name.name).open("rb") as segment:
                while block := segment.read(_BLOCK):
                    file.write(block)
    return target if recorded else None
