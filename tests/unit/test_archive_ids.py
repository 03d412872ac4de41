"""Archive ids (docs/contract/downloads.md 4.12, 8)."""

import pytest

from dlambda.domain.items.archive import ids_of, make_id, normalise


def test_ids_are_trimmed_and_kept_once_in_order() -> None:
    given = [" youtube b ", "youtube a", "", "   ", "alone", None, 5, "youtube b", "vimeo  1"]
    assert normalise(given) == ["youtube b", "youtube a", "vimeo 1"]


def test_an_id_has_two_parts() -> None:
    assert make_id("YouTube", "AbC") == "youtube AbC"


@pytest.mark.parametrize(
    ("info", "ids"),
    [
        ({"extractor_key": "Youtube", "id": "a"}, ["youtube a"]),
        ({"ie_key": "Youtube", "id": "a", "_old_archive_ids": ["old 1", "youtube a", "old 2"]}, ["youtube a", "old 1", "old 2"]),
        ({"id": "a"}, []),
        ({"extractor_key": "Youtube"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_ids_of_metadata(info: dict[str, object], ids: list[str]) -> None:
    assert ids_of(info) == ids
