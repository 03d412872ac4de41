"""Presets by name. System presets are data; a client's own are documents."""

import logging
from functools import cache

from dlambda.deployment import current
from dlambda.domain.rules.body import MAX_NAME_LENGTH
from dlambda.domain.rules.preset import FIRST_OWN_ID, Preset, find_system_preset, normalise_name
from dlambda.domain.rules.resource import PRESETS
from dlambda.domain.system.default_preset import missing_preset
from dlambda.errors import NotFound
from dlambda.store.rules.resources import Document
from dlambda.usecases.rules import resources

log = logging.getLogger(__name__)


def find_preset(name: str) -> Preset | None:
    """The preset of that name, in whatever form it is written, with its cookies."""
    system = find_system_preset(name)
    if system is not None or not 0 < len(name.strip()) <= MAX_NAME_LENGTH:
        return system
    document = resources.find_by_name(PRESETS, name)
    return _preset(document, clear=True) if document else None


def check_preset(name: str) -> None:
    """Raises `NotFound` when no preset has that name (downloads.md 2.1)."""
    # The default preset's name is never checked: without it, `default` itself serves.
    is_default = normalise_name(name) in {"", normalise_name(current().settings.default_preset)}
    if not is_default and find_preset(name) is None:
        raise NotFound(f"Preset '{name}' does not exist.")


def list_presets() -> list[Preset]:
    """All presets in the order of lists, their secrets masked."""
    return [_preset(document, clear=False) for document in resources.list_documents(PRESETS)]


def preset_for(name: str) -> Preset:
    """The preset of a record: its own while it exists, else the default one."""
    return find_preset(name) or _default_of_settings() or default_preset()


def _default_of_settings() -> Preset | None:
    name = current().settings.default_preset
    preset = find_preset(name)
    if preset is None:
        _warn_of_missing(name)
    return preset


@cache
def _warn_of_missing(name: str) -> None:
    """Once a process."""
    log.warning("Settings that cannot work: %s", missing_preset(name))


def default_preset() -> Preset:
    preset = find_system_preset("default")
    assert preset is not None
    return preset


def _preset(document: Document, *, clear: bool) -> Preset:
    fields = document.clear() if clear else document.shown
    return Preset(id=document.id, default=document.id < FIRST_OWN_ID, **fields)
