"""Files: ZIPs, moves of folders, folders compared with the bucket, segments made ahead."""

import time
from collections.abc import Callable
from typing import Any, Final

from dlambda.entry.sqs import Message, make_queue_handler
from dlambda.errors import Conflict, NotFound
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.usecases.files import act_on_files, bundle_files
from dlambda.usecases.files.folders import REINDEX, reindex
from dlambda.usecases.files.stream_file import AHEAD, make_ahead

_WORK: Final[dict[str, Callable[[Job], Job]]] = {
    act_on_files.KIND: act_on_files.run_actions,
    bundle_files.KIND: bundle_files.build_bundle,
}


def handle(message: Message, _context: Any) -> None:
    """`{"id"}` names a job; `{"reindex"}` a folder; `{"segment"}` a piece that somebody will watch next."""
    if REINDEX in message:
        compare(message[REINDEX])
    elif AHEAD in message:
        make_ahead(message[AHEAD])
    else:
        job = jobs.take(message["id"], time.time())
        if job is not None:
            _work(job)


def _work(job: Job) -> None:
    try:
        _WORK[job.kind](job)
    except Conflict:
        raise  # it is another worker's by now
    except Exception:
        jobs.release(job.id, time.time())  # the message comes again in a moment
        raise


def compare(folder: str) -> None:
    try:
        reindex(folder)
    except NotFound:
        return  # it went meanwhile, and the index knows it now


lambda_handler = make_queue_handler(handle)
