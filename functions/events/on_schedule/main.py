"""Schedule: the minute's tick."""

from collections.abc import Mapping
from typing import Any

from dlambda.deployment import current
from dlambda.entry.logs import follow_level
from dlambda.entry.start import set_up
from dlambda.usecases.operations.run_round import run_round

set_up()


def lambda_handler(_event: Mapping[str, Any], _context: Any) -> None:
    """Runs a round; what fails is logged by the runtime and done by the next round."""
    follow_level()
    run_round(current().clock.time())
