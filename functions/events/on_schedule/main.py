"""Schedule: the minute's tick."""

import time
from collections.abc import Mapping
from typing import Any

from dlambda.entry.logs import set_up_logs
from dlambda.usecases.operations.run_round import run_round

set_up_logs()


def lambda_handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Runs a round; what fails is logged by the runtime and done by the next round."""
    run_round(time.time())
