"""Jars of sites: kept, listed, used, renewed, watched (docs/contract/cookies.md)."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dlambda.domain.items.failure import classify
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.items.item_parts import Attempt
from dlambda.store import cache
from dlambda.store.rules import cookie_jars as store
from dlambda.usecases.rules import cookie_jars
from dlambda.usecases.rules.cookies import cookies_for
from dlambda.usecases.rules.presets import default_preset
from tests.clock import FakeClock
from tests.functions.calls import Client, Heard
from tests.functions.people import make_account, set_up
from tests.functions.working import until, work
from tests.origin import Origin
from tests.stack import Stack
from tests.store.samples import item

SECRET = "value-that-nobody-reads"
ROW = f".example.com\tTRUE\t/\tTRUE\t1900000000\tsession\t{SECRET}\n"
OTHER = "other.example.org\tFALSE\t/\tFALSE\t0\tid\tx\n"


@pytest.fixture
def cookies(group: Callable[[str], Client]) -> Client:
    return group("cookies")


def test_a_file_becomes_a_jar_for_each_site(cookies: Client, stack: Stack) -> None:
    status, answer = cookies.post("/api/cookies", {"cookies": ROW + OTHER})
    assert (status, [jar["site"] for jar in answer["jars"]]) == (200, ["example.com", "example.org"])
    status, listed = cookies.get("/api/cookies")
    assert listed == answer
    jar = listed["jars"][0]
    assert (jar["count"], jar["state"], jar["expires_at"], jar["use"]) == (1, "ok", 1900000000, "always")
    assert SECRET not in str(listed)
    assert all(SECRET.encode() not in bytes(value["B"]) for value in store._attributes("").values())
    assert cookies.get("/api/cookies/EXAMPLE.com")[1]["site"] == "example.com"
    assert cookies.delete("/api/cookies/example.com")[0] == 200
    status, answer = cookies.get("/api/cookies/example.com")
    assert (status, answer["error"]) == (404, "There are no cookies of this site.")


def test_an_extension_sends_what_the_browser_has(cookies: Client) -> None:
    sent = {
        "domain": ".example.com",
        "name": "session",
        "value": SECRET,
        "expirationDate": 1900000000.5,
        "secure": True,
    }
    status, jar = cookies.put("/api/cookies/example.com", {"cookies": [sent, sent | {"domain": "x.example.org"}]})
    assert (status, jar["site"], jar["count"]) == (200, "example.com", 1)
    stored = store.find_jar("", "example.com")
    assert stored is not None
    assert ROW in stored.text


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "Invalid request body expecting dict."),
        ({}, "cookies is required: the text of a cookie file, or a list of a browser's cookies."),
        ({"cookies": ROW, "use": "often"}, "use must be 'always' or 'needed'."),
        ({"cookies": ROW, "shared": 1}, "shared must be true or false."),
        ({"cookies": OTHER}, "None of these cookies belongs to example.com."),
        ({"cookies": [{"name": "x"}]}, "Cookie 1 cannot be read: it needs a domain, a name and a value, without TABs."),
        ({"cookies": ROW.replace(SECRET, "v" * 70_000)}, "The cookies of example.com are larger than 60000 bytes."),
    ],
)
def test_what_cannot_be_kept(cookies: Client, body: Any, error: str) -> None:
    status, answer = cookies.put("/api/cookies/example.com", body)
    assert (status, answer["error"]) == (400, error)
    assert cookies.get("/api/cookies")[1] == {"jars": []}


def _cookies_of(film: Item) -> str | None:
    return cookies_for(film, default_preset())


def test_jars_are_used_by_items_that_bring_none(cookies: Client) -> None:
    cookies.post("/api/cookies", {"cookies": ROW})
    jar = store.find_jar("", "example.com")
    assert jar is not None
    film = item("a", url="https://www.example.com/film", preset="default")
    assert _cookies_of(film) == jar.text
    assert _cookies_of(film.evolve(url="https://example.org/film")) is None
    assert SECRET not in str(_cookies_of(film.evolve(cookies=OTHER)))
    cookies.post("/api/cookies", {"cookies": ROW, "use": "needed"})
    assert _cookies_of(film) is None
    assert _cookies_of(film.evolve(attempt=Attempt(remedies=("cookies",)))) == jar.text


def test_a_members_jar_is_its_own_and_an_admins_is_shared_by_word(stack: Stack) -> None:
    admin = set_up()
    (ann, _), (bob, _) = (make_account(admin, name, "member") for name in ("ann", "bob"))
    assert ann.ask("cookies", "POST", "/api/cookies", {"cookies": ROW, "shared": True})[1]["jars"][0]["shared"] is False
    assert bob.ask("cookies", "GET", "/api/cookies")[1] == {"jars": []}
    assert bob.ask("cookies", "GET", "/api/cookies/example.com")[0] == 404
    assert bob.ask("cookies", "DELETE", "/api/cookies/example.com")[0] == 404
    assert admin.ask("cookies", "GET", "/api/cookies")[1] == {"jars": []}
    owner = next(name for name in store.list_owners() if name)
    film = item("a", url="https://example.com/film", preset="default")
    assert _cookies_of(film.evolve(owner=owner)) is not None
    assert _cookies_of(film.evolve(owner="another")) is None
    admin.ask("cookies", "POST", "/api/cookies", {"cookies": ROW})
    assert _cookies_of(film.evolve(owner="another")) is None
    admin.ask("cookies", "POST", "/api/cookies", {"cookies": ROW, "shared": True})
    assert _cookies_of(film.evolve(owner="another")) is not None
    admin.ask("auth", "DELETE", f"/api/auth/accounts/{owner}")
    assert store.list_jars(owner) == []


def test_ends_and_refusals_are_told_once(cookies: Client, listening: Heard, clock: FakeClock) -> None:
    now = clock.time()
    cookies.post("/api/cookies", {"cookies": ROW.replace("1900000000", str(int(now + 86400)))})
    assert cookies.get("/api/cookies")[1]["jars"][0]["state"] == "expiring"
    for _ in range(2):
        cookie_jars.warn_of_ends(clock.time())
        cache.remove("cookie-ends")
    film = item("a", url="https://example.com/film", preset="default")
    for _ in range(2):
        cookie_jars.note_failure(film, classify("Sign in to see this"))
    cookie_jars.note_failure(film, classify("HTTP Error 404"))
    assert [told["message"] for told in listening.of("log_warning")] == [
        "The cookies of example.com end soon.",
        "example.com refuses its cookies: sign in there with a browser and send them again.",
    ]
    assert cookies.get("/api/cookies")[1]["jars"][0]["state"] == "refused"
    clock.sleep(5)
    cookies.post("/api/cookies", {"cookies": ROW})
    assert cookies.get("/api/cookies")[1]["jars"][0]["state"] == "ok"


@pytest.fixture
def members_only(origin: Origin) -> Iterator[str]:
    """A site that serves who sends its cookie, and renews it."""
    film = origin.media("clip.mp4").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_member = "session=" in self.headers.get("Cookie", "")
            body = film if is_member else b"<title>Sign in</title>"
            self.send_response(200 if is_member else 403)
            self.send_header("Content-Type", "video/mp4" if is_member else "text/html")
            self.send_header("Set-Cookie", "session=renewed; Max-Age=1000000; Path=/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/film.mp4"
        server.shutdown()
        thread.join()


def test_a_site_that_wants_its_cookies_gets_them_and_renews_them(
    history: Client, cookies: Client, stack: Stack, members_only: str, configure: Callable[..., None]
) -> None:
    configure(allow_internal_urls="true", remedies="cookies")
    row = f"127.0.0.1\tFALSE\t/\tFALSE\t1900000000\tsession\t{SECRET}\n"
    cookies.post("/api/cookies", {"cookies": row, "use": "needed"})
    item_id = history.post("/api/history", {"url": members_only})[1][0]["_id"]
    finished = _ended(stack, item_id)
    assert (finished.status, finished.msg) == ("finished", "Second try worked: with the site's cookies.")
    assert [attempt["remedy"] for attempt in finished.tries] == [None, "cookies"]
    jar = store.find_jar("", "127.0.0.1")
    assert jar is not None
    assert "\trenewed\n" in jar.text
    assert jar.success_at > 0
    assert SECRET not in str(history.get(f"/api/history/{item_id}"))


def _ended(stack: Stack, item_id: str) -> Item:
    from dlambda.store.items import items

    def is_done() -> bool:
        work(stack)
        return items.get(item_id).shelf is Shelf.DONE

    until(is_done)
    return items.get(item_id)
