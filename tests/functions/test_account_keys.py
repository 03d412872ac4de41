"""API keys of accounts, for both APIs: docs/contract/accounts.md 5, hostapi.md."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from dlambda.deployment import current
from dlambda.domain.orders.key import id_of_value
from tests.clock import FakeClock
from tests.functions.calls import Answer, Client, error
from tests.functions.people import Person, make_account, set_up
from tests.stack import Stack

WRONG = (401, "Unauthorized (Invalid credentials).")
DENIED = (403, "You do not have permission to perform this action.")
MINUTE = 60
VIDEO = {"url": "https://video.example/watch"}

pytestmark = pytest.mark.usefixtures("stack")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def by_key(key: str, method: str, path: str, *body: object) -> Answer:
    """Calls `/api/auth/...` with a key."""
    return Person("").auth(method, path, *body, headers=bearer(key))


def order(key: str, **body: object) -> Answer:
    """Asks the key API for a video."""
    return Person("").ask("keys", "POST", "/get_video", VIDEO | body, headers={"X-API-Key": key})


def add(key: str) -> Answer:
    return Person("").ask("history", "POST", "/api/history", VIDEO, headers=bearer(key))


class TestValue:
    def test_it_is_answered_once(self, stack: Stack) -> None:
        ada = set_up()
        status, body = ada.auth("POST", "api-keys", {"name": " browser "})
        key = body["key"]
        assert (status, body["name"], body["hint"], body["last_used_at"]) == (201, "browser", key[-8:], None)
        assert key.startswith("ytp_")
        assert ada.last.headers["Cache-Control"] == "no-store"
        [listed] = ada.auth("GET", "api-keys")[1]["items"]
        assert listed == {name: value for name, value in body.items() if name != "key"}
        assert key not in str(stack.rows("keys"))
        assert id_of_value(key, current().settings.secret_key) in str(stack.rows("keys"))

    def test_where_it_is_taken(self, system: Client) -> None:
        key = set_up().make_key()
        pair = base64.b64encode(f"ada:{key}".encode()).decode()
        for header in (f"Bearer {key}", f"bearer {key}", f"Basic {pair}"):
            assert system.call("GET", "/api/ping", headers={"Authorization": header})[0] == 200
        for apikey in (key, pair):
            assert system.call("GET", f"/api/ping?apikey={quote(apikey)}")[0] == 200

    def test_where_it_is_not(self, system: Client) -> None:
        key = set_up().make_key()
        pair = base64.b64encode(f"eve:{key}".encode()).decode()
        for header in (f"Bearer {key}x", f"Bearer {key[:-1]}", "Bearer ytp_", f"Basic {pair}"):
            assert error(system.call("GET", "/api/ping", headers={"Authorization": header})) == WRONG
        assert error(system.call("GET", f"/api/ping?apikey={key[:-1]}")) == WRONG

    def test_wrong_ones_are_slowed_down(self, system: Client) -> None:
        set_up()
        asked = [system.call("GET", "/api/ping", headers=bearer(f"ytp_{number}"))[0] for number in range(21)]
        assert asked == [401] * 20 + [429]

    def test_its_last_use_is_seen(self, clock: FakeClock) -> None:
        ada = set_up()
        key = ada.make_key()
        clock.advance(90)
        assert by_key(key, "GET", "me")[0] == 200
        [listed] = ada.auth("GET", "api-keys")[1]["items"]
        assert listed["last_used_at"] > listed["created_at"]

    def test_it_ends_when_it_is_removed(self) -> None:
        ada = set_up()
        bob, _ = make_account(ada, "bob", "member")
        key = ada.make_key()
        [listed] = ada.auth("GET", "api-keys")[1]["items"]
        assert error(bob.auth("DELETE", f"api-keys/{listed['id']}")) == (404, "API key not found.")
        assert bob.auth("GET", "api-keys")[1] == {"items": []}
        assert ada.auth("DELETE", f"api-keys/{listed['id']}") == (204, None)
        assert by_key(key, "GET", "me")[0] == 401
        assert order(key)[0] == 401
        assert ada.auth("DELETE", f"api-keys/{listed['id']}")[0] == 404

    def test_it_ends_at_its_time(self, clock: FakeClock) -> None:
        ada = set_up()
        key = ada.make_key(expires_at=clock.time() + MINUTE)
        assert by_key(key, "GET", "me")[0] == 200
        clock.advance(MINUTE + 1)
        assert by_key(key, "GET", "me")[0] == 401
        assert order(key)[0] == 401

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({}, "name is required."),
            ([], "Invalid request body expecting dict."),
            ({"name": "x" * 256}, "name has at most 255 printable characters."),
            ({"name": "x", "scopes": []}, "scopes must be a list of permissions, or null for all."),
            ({"name": "x", "scopes": "items:read"}, "scopes must be a list of permissions, or null for all."),
            ({"name": "x", "scopes": ["all"]}, "Unknown scope: all"),
            ({"name": "x", "scopes": ["public"]}, "Unknown scope: public"),
            ({"name": "x", "expires_at": 5}, "expires_at must lie in the future."),
            ({"name": "x", "expires_at": "2001-01-01"}, "expires_at must lie in the future."),
            ({"name": "x", "expires_at": "soon"}, "expires_at must be a date such as 2027-01-31T00:00:00Z."),
            ({"name": "x", "expires_at": True}, "expires_at must be a date such as 2027-01-31T00:00:00Z."),
            ({"name": "x", "quota_gb": 0}, "quota_gb must be a number above 0."),
            ({"name": "x", "request_limit": 1.5}, "request_limit must be a number above 0."),
            ({"name": "x", "request_limit": "5"}, "request_limit must be a number above 0."),
        ],
    )
    def test_what_is_no_key(self, body: object, text: str) -> None:
        ada = set_up()
        assert error(ada.auth("POST", "api-keys", body)) == (400, text)
        assert ada.auth("GET", "api-keys")[1] == {"items": []}


class TestScopes:
    def test_they_limit_the_key_to_some_routes(self) -> None:
        key = set_up().make_key(scopes=["items:read", "account"])
        stranger = Person("")
        assert stranger.ask("history", "GET", "/api/history", headers=bearer(key))[0] == 200
        assert error(add(key)) == DENIED
        assert error(by_key(key, "GET", "accounts")) == DENIED
        assert by_key(key, "GET", "me")[1]["permissions"] == ["account", "items:read"]

    def test_they_never_reach_beyond_the_role(self) -> None:
        bob, _ = make_account(set_up(), "bob", "member")
        key = bob.make_key(scopes=["accounts:manage", "logs:read", "get_video", "create_key"])
        assert error(by_key(key, "GET", "accounts")) == DENIED
        assert Person("").ask("logs", "GET", "/api/logs", headers=bearer(key))[0] == 403
        assert order(key)[0] == 200
        made = Person("").ask(
            "keys", "POST", "/create_key", {"name": "n", "permissions": []}, headers={"X-API-Key": key}
        )
        assert error(made) == (403, "Insufficient permissions")

    def test_a_guests_key_orders_nothing(self) -> None:
        kid, _ = make_account(set_up(), "kid", "guest")
        assert error(order(kid.make_key())) == (403, "Insufficient permissions")

    def test_a_key_hands_out_no_more_than_it_has(self) -> None:
        ada = set_up()
        key = ada.make_key(scopes=["account", "items:read"])
        refused = by_key(key, "POST", "api-keys", {"name": "x", "scopes": ["items:read", "items:write"]})
        assert error(refused) == (403, "A key cannot hand out scopes that it does not hold itself.")
        assert by_key(key, "POST", "api-keys", {"name": "y"})[1]["scopes"] == ["account", "items:read"]
        assert by_key(key, "POST", "api-keys", {"name": "z", "scopes": ["items:read"]})[1]["scopes"] == ["items:read"]

    def test_a_key_without_the_account_scope_makes_none(self) -> None:
        key = set_up().make_key(scopes=["items:read"])
        assert error(by_key(key, "POST", "api-keys", {"name": "x"})) == DENIED


class TestKeyApi:
    def test_a_key_serves_both(self) -> None:
        key = set_up().make_key()
        status, body = order(key)
        assert (status, body["status"]) == (200, "waiting")
        asked = Person("").ask("keys", "GET", f"/status/{body['task_id']}", headers={"X-API-Key": key})
        assert (asked[0], asked[1]["key_name"]) == (200, "script")

    def test_keys_of_accounts_are_not_in_its_lists(self, configure: Callable[..., None]) -> None:
        configure(admin_key="the-admin-key")
        key = set_up().make_key()
        admin = {"X-API-Key": "the-admin-key"}
        assert list(Person("").ask("keys", "GET", "/get_keys", headers=admin)[1]) == ["admin"]
        assert Person("").ask("keys", "GET", "/get_key/script", headers=admin)[0] == 404
        assert Person("").ask("keys", "DELETE", "/delete_key/script", headers=admin)[0] == 404
        assert order(key)[0] == 200

    def test_its_keys_do_not_open_the_other_api(self, configure: Callable[..., None], system: Client) -> None:
        configure(admin_key="ytp_the-admin-key")
        set_up()
        assert order("ytp_the-admin-key")[0] == 200
        assert system.call("GET", "/api/ping", headers=bearer("ytp_the-admin-key"))[0] == 401

    def test_a_member_called_admin_is_no_operator(self) -> None:
        ada = set_up()
        ada.auth("POST", "api-keys", {"name": "admin"})
        key = ada.make_key()
        status, body = Person("").ask(
            "keys", "POST", "/create_key", {"name": "child", "permissions": ["get_video"]}, headers={"X-API-Key": key}
        )
        assert status == 201
        assert order(body["key"])[0] == 200
        ids = [item["id"] for item in ada.auth("GET", "api-keys")[1]["items"]]
        for id_ in ids:
            ada.auth("DELETE", f"api-keys/{id_}")
        assert order(body["key"])[0] == 401


class TestLimits:
    def test_requests_of_both_apis_count_together(self, clock: FakeClock) -> None:
        key = set_up().make_key(request_limit=3)
        assert [add(key)[0], order(key)[0], add(key)[0]] == [200, 200, 200]
        for refused in (add(key), order(key)):
            assert error(refused) == (429, "Rate limit exceeded. Max 3 per 10 min")
        clock.advance(10 * MINUTE + 1)
        assert add(key)[0] == 200

    def test_reading_is_not_counted(self) -> None:
        key = set_up().make_key(request_limit=1)
        for _ in range(3):
            assert Person("").ask("history", "GET", "/api/history", headers=bearer(key))[0] == 200
        assert add(key)[0] == 200

    def test_a_refused_request_says_when_to_come_again(self) -> None:
        key = set_up().make_key(request_limit=1)
        person = Person("")
        add(key)
        person.ask("history", "POST", "/api/history", VIDEO, headers=bearer(key))
        last: Any = person._clients["history"].last
        assert int(last.headers["Retry-After"]) > 0

    def test_without_a_limit_only_the_key_api_has_one(self, configure: Callable[..., None]) -> None:
        configure(request_limit="2")
        key = set_up().make_key()
        assert [add(key)[0] for _ in range(4)] == [200] * 4
        assert [order(key)[0] for _ in range(3)] == [200, 200, 429]

    def test_keys_made_by_a_key_count_on_it(self) -> None:
        ada = set_up()
        key = ada.make_key(request_limit=2)
        children = [
            by_key(key, "POST", "api-keys", {"name": f"n{n}", "request_limit": 100})[1]["key"] for n in range(2)
        ]
        assert [add(children[0])[0], add(children[1])[0], add(children[1])[0], add(key)[0]] == [200, 200, 429, 429]

    def test_a_removed_key_takes_those_that_it_made_along(self) -> None:
        ada = set_up()
        key = ada.make_key()
        first = ada.auth("GET", "api-keys")[1]["items"][0]["id"]
        child = by_key(key, "POST", "api-keys", {"name": "child"})[1]["key"]
        ada.auth("DELETE", f"api-keys/{first}")
        assert by_key(child, "GET", "me")[0] == 401
        assert ada.auth("GET", "api-keys")[1] == {"items": []}

    def test_a_key_makes_so_many_and_an_account_so_many(self, configure: Callable[..., None]) -> None:
        configure(keys_per_key="1")
        ada = set_up()
        key = ada.make_key()
        assert by_key(key, "POST", "api-keys", {"name": "one"})[0] == 201
        assert error(by_key(key, "POST", "api-keys", {"name": "two"})) == (
            403,
            "Limit of keys exceeded. A key may make 1",
        )
        for _ in range(98):
            ada.make_key()
        assert error(ada.auth("POST", "api-keys", {"name": "x"})) == (
            403,
            "Limit of keys exceeded. An account may have 100",
        )

    def test_a_key_made_by_a_key_ends_with_it(self, clock: FakeClock) -> None:
        key = set_up().make_key(expires_at=clock.time() + MINUTE)
        child = by_key(key, "POST", "api-keys", {"name": "child"})[1]
        assert child["expires_at"] is not None

    def test_bytes_of_its_own(self) -> None:
        ada = set_up()
        ada.make_key(quota_gb=0.5)
        [listed] = ada.auth("GET", "api-keys")[1]["items"]
        assert (listed["quota_bytes"], listed["used_bytes"]) == (512 * 1024**2, 0)
