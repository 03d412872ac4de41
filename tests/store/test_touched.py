"""What one test wrote is gone for the next one, whichever process wrote it (tests/touched.py)."""

import subprocess
import sys

import pytest

from dlambda.aws import queue
from dlambda.domain.messages.queue_messages import IntakeItem
from dlambda.store.items import archive, leases
from dlambda.store.tasks import task_schedule
from tests.stack import Stack, environment, plan

WRITES = "from dlambda.store.items import archive; archive.add('/b.log', ['site y'], 1.0)"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_empty_removes_all_that_was_written(engines: Stack, elsewhere: bool) -> None:
    with environment(engines.environ):
        lease = leases.acquire("a", "w", 1.0)
        assert lease is not None
        leases.release(lease)
        archive.add("/a.log", ["site x"], 1.0)
        task_schedule.schedule(1, "0 0 * * *", 60)
        queue.send(IntakeItem("a"))
        if elsewhere:
            subprocess.run([sys.executable, "-c", WRITES], check=True)
        assert engines.rows("archive")
        engines.empty()
        assert [table.name for table in plan().tables if engines.rows(table.name)] == []
        assert engines.messages("intake") == []
