"""A preset of a user is read once for each work on an item."""

import time

import pytest

from dlambda.domain.rules.resource import PRESETS
from dlambda.store.items import items
from dlambda.store.usage import usage
from dlambda.usecases.items import intake
from dlambda.usecases.items.download_spec import download_spec
from dlambda.usecases.items.name_claims import NameClaims
from dlambda.usecases.rules import resources
from tests.origin import Origin
from tests.stack import Stack
from tests.store import records
from tests.store.samples import item

_PRESET = 2.0
"""Units of one read: its name, and itself."""
_CONDITIONS = 1.0


def _units() -> float:
    """What the table has taken since the last call."""
    counts = {(name, labels.get("table")): units for name, labels, units in usage().take()}
    return counts.get(("table_read_units_total", "resources"), 0.0)


@pytest.fixture(autouse=True)
def _preset(stack: Stack) -> None:
    resources.create(PRESETS, {"name": "Mine", "cli": "-f b"})


def test_an_intake_reads_its_preset_once(origin: Origin) -> None:
    records.add([item("a", preset="Mine", url=origin.url("path/clip-1.mp4"))])
    _units()
    intake.process_intake("a")
    assert items.get("a").extracted
    assert _units() == _PRESET + _CONDITIONS


def test_a_download_reads_its_preset_once() -> None:
    [film] = records.add([item("a", preset="Mine", info_at=time.time())])
    _units()
    download_spec(film, NameClaims(film), "")
    assert _units() == _PRESET
