"""Which preset a name means. System presets are data; a client's own are rows."""

from dlambda.domain.preset import SYSTEM_PRESETS, Preset, find_system_preset
from dlambda.settings import get_settings


def find_preset(name: str) -> Preset | None:
    """The preset of that name, in whatever form it is written."""
    return find_system_preset(name)


def list_presets() -> list[Preset]:
    """All presets in the order of lists."""
    return sorted(SYSTEM_PRESETS, key=lambda preset: preset.order)


def preset_for(name: str) -> Preset:
    """The preset of a record: its own while it exists, else the default one."""
    return find_preset(name) or find_preset(get_settings().default_preset) or default_preset()


def default_preset() -> Preset:
    preset = find_system_preset("default")
    assert preset is not None
    return preset
