"""Cookies and proxies of an item and of a preset reach the site."""

import socket
import threading
from collections.abc import Callable

import pytest

from dlambda.media.workers.child.ffmpeg_proxy import Relay
from tests.e2e.api import Api
from tests.origin import Origin


def cookie_file(name: str, value: str) -> str:
    return f"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\t{name}\t{value}\n"


def make_preset(api: Api, name: str, **fields: str) -> str:
    reply = api.post("/api/presets", {"name": name, **fields})
    assert reply.status == 200, reply.body
    found: str = reply.json()["name"]
    return found


def test_cookies_of_an_item(api: Api, origin: Origin) -> None:
    done = api.fetch(origin.url("cookie/sid/of-item/clip-item-cookie.mp4"), cookies=cookie_file("sid", "of-item"))
    assert done["status"] == "finished", done
    assert (done["cookies"], done["has_cookies"]) == ("********", True)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("blanks", lambda text: text.replace("\t", "    ")),
        ("mark", lambda text: f"\ufeff{text}"),
        ("no-first-line", lambda text: text.partition("\n")[2]),
        ("minus-one", lambda text: text.replace("\t0\t", "\t-1\t")),
    ],
)
def test_cookies_as_exporters_write_them(api: Api, origin: Origin, name: str, change: Callable[[str], str]) -> None:
    done = api.fetch(origin.url(f"cookie/sid/{name}/clip-{name}.mp4"), cookies=change(cookie_file("sid", name)))
    assert done["status"] == "finished", done


def test_unreadable_cookies_are_refused_at_the_request(api: Api, origin: Origin) -> None:
    for cookies, reason in (("# none\ngarbage", "Line 2 cannot be read"), ('[{"name": "sid"}]', "not JSON")):
        for path, body in (
            ("/api/history", {"url": origin.url("clip-refused-cookies.mp4"), "cookies": cookies}),
            ("/api/presets", {"name": "with garbage", "cookies": cookies}),
        ):
            reply = api.post(path, body)
            assert (reply.status, reason in reply.json()["error"]) == (400, True), reply.body
    assert not [what for what in origin.counts if "clip-refused-cookies" in what]


def test_cookies_of_a_preset(api: Api, origin: Origin) -> None:
    preset = make_preset(api, "with cookies", cookies=cookie_file("sid", "of-preset"))
    done = api.fetch(origin.url("cookie/sid/of-preset/clip-preset-cookie.mp4"), preset=preset)
    assert done["status"] == "finished", done


def test_those_of_the_item_win(api: Api, origin: Origin) -> None:
    preset = make_preset(api, "with other cookies", cookies=cookie_file("sid", "wrong"))
    url = origin.url("cookie/sid/right/clip-both-cookies.mp4")
    done = api.fetch(url, preset=preset, cookies=cookie_file("sid", "right"))
    assert done["status"] == "finished", done


@pytest.fixture
def proxy() -> tuple[str, list[tuple[str, int]]]:
    """A proxy, and where it went."""
    went: list[tuple[str, int]] = []
    lock = threading.Lock()

    def connect(host: str, port: int) -> socket.socket:
        with lock:
            went.append((host, port))
        return socket.create_connection((host, port), 10)

    return Relay(connect=connect).start().url, went


def test_the_proxy_of_a_preset_is_the_way_of_extraction_and_download(
    api: Api, origin: Origin, proxy: tuple[str, list[tuple[str, int]]]
) -> None:
    url, went = proxy
    preset = make_preset(api, "through a proxy", cli=f"--proxy {url}")
    done = api.fetch(origin.url("clip-by-proxy.mp4"), preset=preset)
    assert done["status"] == "finished", done
    assert len(went) >= 2


def test_a_proxy_that_does_not_answer_is_no_reason_to_go_beside_it(api: Api, origin: Origin) -> None:
    url = origin.url("clip-no-proxy.mp4")
    preset = make_preset(api, "through nobody", cli="--proxy http://127.0.0.1:1 --socket-timeout 2")
    done = api.fetch(url, preset=preset, seconds=90)
    assert done["status"] == "error", done
    assert not [what for what in origin.counts if "clip-no-proxy" in what]
