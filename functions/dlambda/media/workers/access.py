"""The sandbox policies of the kinds of workers."""

from pathlib import Path

from dlambda.media.machine.tools import find_tool
from dlambda.media.sandbox.policy import Network, Policy
from dlambda.media.sandbox.rights import make_policy
from dlambda.media.ytdlp.worker_jobs import DownloadJob, ExtractJob, FetchJob, Job, RecordJob, TerminalJob

_TOOLS = ("ffmpeg", "ffprobe", "deno")
# A download runs one or two tools at a time; deno starts none.
_PROCESSES = 16


def policy_of(job: Job) -> Policy:
    """Its own folder and the shared cache of public data, the media tools, and the network through its parent.

    A question about options gets nothing of these.
    """
    if isinstance(job, FetchJob):
        return make_policy(network=Network.BROKER, allow_internal=job.allow_internal)
    if not isinstance(job, (DownloadJob, ExtractJob, RecordJob, TerminalJob)):
        return make_policy()
    if job.cache is not None:
        Path(job.cache).mkdir(parents=True, exist_ok=True)
    return make_policy(
        tools=tuple(path for name in _TOOLS if (path := find_tool(name))),
        writes=(str(job.workdir), job.cache) if job.cache else (str(job.workdir),),
        network=Network.BROKER,
        allow_internal=job.allow_internal,
        processes=_PROCESSES,
    )
