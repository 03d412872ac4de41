"""Live streams are recorded from the moment they are found to their end, or until somebody stops them."""

import time

import pytest

from tests.e2e.api import Api
from tests.e2e.playback import decode
from tests.origin import Origin


@pytest.mark.slow
def test_a_live_stream_is_recorded_without_a_gap(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("live/whole/1/8/index.m3u8"), seconds=60)
    assert item["status"] == "finished", item
    assert decode(api.file_of(item)).video_frames == 8 * 30


@pytest.mark.slow
def test_a_live_stream_without_an_end_can_be_stopped(api: Api, origin: Origin) -> None:
    url = origin.url("live/endless/1/0/index.m3u8")
    api.add(url)
    item = api.wait_for(url, "downloading")
    assert item["is_live"] is True
    time.sleep(2)
    api.post("/api/history/cancel", {"ids": [item["_id"]]})
    ended = api.wait_for(url, "cancelled", "finished", "error")
    assert (ended["status"], ended["error"]) == ("cancelled", None), ended
    assert decode(api.file_of(ended)).video_frames >= 2 * 30
