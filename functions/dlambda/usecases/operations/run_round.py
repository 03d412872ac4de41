"""The minute's round: each part of it runs, whatever becomes of the others."""

from collections.abc import Callable, Sequence
from typing import Final

from dlambda.usecases.files.sweep_files import sweep_files
from dlambda.usecases.operations.check_updates import check_daily
from dlambda.usecases.operations.count_state import count_state
from dlambda.usecases.operations.sweep import sweep
from dlambda.usecases.operations.update_ytdlp import follow_releases
from dlambda.usecases.orders.sweep_orders import sweep_orders
from dlambda.usecases.tasks.run_tasks import wake_due_tasks

Part = Callable[[float], object]
_PARTS: Final[Sequence[Part]] = (
    sweep_orders,
    wake_due_tasks,
    sweep,
    sweep_files,
    count_state,
    follow_releases,
    check_daily,  # last: it waits for others
)


def run_round(now: float, parts: Sequence[Part] = _PARTS) -> None:
    """Runs all parts in their order. Raises what failed: the error of one part, or an `ExceptionGroup` of several."""
    errors: list[Exception] = []
    for part in parts:
        try:
            part(now)
        except Exception as error:  # noqa: BLE001 raised when the others have run
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("parts of the minute's round failed", errors)
