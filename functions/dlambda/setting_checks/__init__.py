"""Settings that somebody set and that cannot work (docs/contract/system.md 10).

`settings.read_settings` refuses what it cannot read. What is here can be read, and would have no effect or a wrong one:
one machine refuses to start or warns (local/config.py), a function in the cloud writes one log line (entry/logs.py).
"""

from collections.abc import Mapping

from dlambda.domain.system.setting_problem import Problem
from dlambda.setting_checks.names import check_names
from dlambda.setting_checks.values import check_values
from dlambda.settings import Settings

__all__ = ["Problem", "find_problems"]


def find_problems(environ: Mapping[str, str], settings: Settings) -> list[Problem]:
    """The problems of `environ`, from which `settings` were read; names first."""
    return [*check_names(environ), *check_values(environ, settings)]
