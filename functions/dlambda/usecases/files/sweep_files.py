"""The minute's round for files: jobs that nobody works on, ZIPs and segments that nobody needs any more."""

import time
from datetime import UTC, datetime, timedelta

from dlambda.aws import bucket, queue
from dlambda.domain.messages.queue_messages import RETRY_JOB, RetryItems, RunJob
from dlambda.store.files import jobs

# Bucket rules count in days, and not every S3 has them.
_KEPT = {"zips/": timedelta(hours=2), "cache/": timedelta(days=1), "thumbnails/": timedelta(days=30)}
_CLEANING_MINUTE = 23


def sweep_files(now: float) -> None:
    """Runs a round. Idempotent."""
    wake_jobs(now)
    if time.gmtime(now).tm_min == _CLEANING_MINUTE:
        remove_old(now)


def wake_jobs(now: float) -> None:
    """Jobs whose worker is gone, or whose message is."""
    for job_id in jobs.list_open():
        job = jobs.find(job_id)
        if job is None or job.is_done:
            jobs.remove_open(job_id)
        elif job.held_until < now:
            queue.send(RetryItems(job_id) if job.kind == RETRY_JOB else RunJob(job_id))


def remove_old(now: float) -> None:
    """Objects that were only made for a moment."""
    for prefix, age in _KEPT.items():
        oldest = datetime.fromtimestamp(now, UTC) - age
        bucket.delete([entry.key for entry in bucket.list_(prefix) if entry.modified < oldest])
