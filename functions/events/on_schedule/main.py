"""Schedule: the minute's tick."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from dlambda.entry.logs import set_up_logs
from dlambda.usecases.files.sweep_files import sweep_files
from dlambda.usecases.operations.check_updates import check_daily
from dlambda.usecases.operations.sweep import sweep
from dlambda.usecases.orders.sweep_orders import sweep_orders
from dlambda.usecases.tasks.run_tasks import wake_due_tasks

set_up_logs()


def lambda_handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Runs a round; what fails is logged by the runtime and done by the next round."""
    now = time.time()
    # Each part of the round comes whatever becomes of the others.
    with ExitStack() as rounds:
        rounds.callback(check_daily, now)  # last: it waits for others
        rounds.callback(sweep_files, now)
        rounds.callback(sweep, now)
        rounds.callback(wake_due_tasks, now)
        rounds.callback(sweep_orders, now)
