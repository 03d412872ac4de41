"""Which cookies an item is fetched with, those of earlier releases included: docs/contract/ytdlp.md 9."""

import pytest

from dlambda.domain.rules.preset import Preset
from dlambda.domain.ytdlp.cookie_file import HEADER
from dlambda.errors import Invalid
from dlambda.usecases.rules.cookies import cookies_for, cookies_of
from dlambda.usecases.rules.presets import default_preset
from tests.store.samples import item

pytestmark = pytest.mark.usefixtures("stack")

ROW = "127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\tabc\n"


def test_an_item_has_its_own() -> None:
    assert cookies_for(item("a", cookies=ROW), default_preset()) == HEADER + ROW
    assert cookies_for(item("a", cookies=" "), default_preset()) is None


def test_an_items_unreadable_ones_fail_it() -> None:
    with pytest.raises(Invalid, match=r"^Failed to create cookie file for '.*'\. 'The cookies .* Line 1 .*'\.$"):
        cookies_for(item("a", cookies="garbage"), default_preset())


def test_a_preset_with_unreadable_ones_is_used_without_them(caplog: pytest.LogCaptureFixture) -> None:
    assert cookies_of(Preset("old", cookies="garbage")) is None
    assert "The preset 'old' is used without its cookies." in caplog.text
    assert cookies_of(Preset("new", cookies=f"garbage\n{ROW}")) == HEADER + ROW
    assert "A cookie of the preset 'new' is left out. Line 1 cannot be read" in caplog.text
