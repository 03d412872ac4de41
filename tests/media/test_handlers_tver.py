"""TVer series: docs/contract/tasks.md 6."""

import json
from typing import Any

import pytest

from dlambda.media.handlers.client import HandlerFailed
from dlambda.media.handlers.tver import TverHandler
from tests.media.canned import Web, client_of

REGISTER = "https://platform-api.tver.jp/v2/api/platform_users/browser/create"
SERIES = "https://tver.jp/series/sr1jg44pbb"
EPISODES = "https://platform-api.tver.jp/service/api/v1/callSeriesEpisodes/sr1jg44pbb"
VISITOR = {"result": {"platform_uid": "u", "platform_token": "t"}}


def episode(id_: str, **content: Any) -> dict[str, Any]:
    return {"type": "episode", "content": {"id": id_, "title": f"Title {id_}", **content}}


def site(*blocks: list[dict[str, Any]], visitor: Any = VISITOR) -> Web:
    answer = {"result": {"contents": [{"type": "season", "contents": block} for block in blocks]}}
    return Web({REGISTER: json.dumps(visitor), f"{EPISODES}?platform_uid=u&platform_token=t": json.dumps(answer)})


@pytest.mark.parametrize(
    ("url", "takes"),
    [
        (SERIES, True),
        ("https://www.tver.jp/series/sr1jg44pbb", True),
        ("https://m.tver.jp/series/sr_test_id", True),
        ("http://tver.jp/series/sr123abc456", True),
        (SERIES + "/", True),
        (SERIES + "?a=b#c", True),
        (SERIES.upper().replace("HTTPS", "https"), True),
        ("https://tver.jp/videos/sr1jg44pbb", False),
        ("https://tver.jp/series/ep1", False),
        ("https://tver.example/series/sr1jg44pbb", False),
        (SERIES + "/more", False),
    ],
)
def test_it_takes_series(url: str, takes: bool) -> None:
    assert TverHandler().takes(url) is takes


def test_episodes_of_all_seasons_become_items() -> None:
    special = {"type": "live", "content": {"id": "lv1"}}
    web = site([episode("ep1", thumbnailPath="/a.jpg", endAt=5), special], [episode("ep2")])
    feed = TverHandler().fetch(SERIES, client_of(web))
    first, second = feed.items
    assert (first.url, first.title, first.archive_id) == ("https://tver.jp/episodes/ep1", "Title ep1", "tver ep1")
    assert first.thumbnail == "https://image-cdn.tver.jp/w=800/a.jpg"
    assert first.metadata == {"thumbnailPath": "/a.jpg", "endAt": 5}
    assert second.url == "https://tver.jp/episodes/ep2"
    assert feed.metadata == {"feed_url": EPISODES, "has_entries": True}


def test_it_takes_exactly_two_requests() -> None:
    web = site([])
    TverHandler().fetch(SERIES, client_of(web))
    register, episodes = web.asked
    assert (register.method, register.body) == ("POST", b"device_type=pc")
    for request in (register, episodes):
        assert request.headers["x-tver-platform-type"] == "web"
        assert (request.headers["Origin"], request.headers["Referer"]) == ("https://tver.jp", "https://tver.jp/")


@pytest.mark.parametrize("visitor", [{}, {"result": {}}, {"result": {"platform_uid": "u"}}, [], {"result": None}])
def test_without_a_token_it_fails(visitor: Any) -> None:
    with pytest.raises(HandlerFailed, match=r"Failed to fetch Tver feed\."):
        TverHandler().fetch(SERIES, client_of(site([], visitor=visitor)))


@pytest.mark.parametrize("answer", ["{}", '{"result": null}', '{"result": {"contents": [5, {"contents": [null]}]}}'])
def test_an_answer_of_another_shape_has_no_items(answer: str) -> None:
    web = Web({REGISTER: json.dumps(VISITOR), f"{EPISODES}?platform_uid=u&platform_token=t": answer})
    assert TverHandler().fetch(SERIES, client_of(web)).items == ()


def test_failures_have_their_texts() -> None:
    with pytest.raises(HandlerFailed, match=r"Unrecognized Tver series URL\."):
        TverHandler().fetch("https://a.example", client_of(Web({})))
    with pytest.raises(HandlerFailed, match=r"Failed to fetch Tver feed\.") as caught:
        TverHandler().fetch(SERIES, client_of(Web({REGISTER: "<html>"})))
    assert caught.value.cause == "The answer is not JSON"
