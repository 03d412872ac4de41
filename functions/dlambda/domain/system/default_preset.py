"""The default preset, when no preset has its name."""

from collections.abc import Iterable
from difflib import get_close_matches

from dlambda.domain.rules.preset import SYSTEM_PRESETS, normalise_name
from dlambda.domain.system.setting_problem import Problem

_VARIABLE = "YTP_DEFAULT_PRESET"


def missing_preset(name: str, own_names: Iterable[str] = ()) -> Problem:
    """The message about a default preset that does not exist; `own_names` are those of the presets of clients."""
    names = [preset.name for preset in SYSTEM_PRESETS] + list(own_names)
    matches = get_close_matches(normalise_name(name), names, 1)
    nearest = f"; did you mean {matches[0]}?" if matches else ""
    return Problem(_VARIABLE, f"there is no preset '{name}', so `default` is used{nearest}")
