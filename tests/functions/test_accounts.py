"""Accounts and sessions: docs/contract/accounts.md 1, 3, 4."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.store import connections
from events.on_socket.main import lambda_handler
from tests.clock import FakeClock
from tests.functions.calls import Client, error
from tests.functions.people import PASSWORD, Person, make_account, set_up
from tests.functions.permissions import acting_as
from tests.stack import Stack

WRONG = (401, "Unauthorized (Invalid credentials).")
DENIED = (403, "You do not have permission to perform this action.")
DAY = 24 * 3600
Configure = Callable[..., None]

pytestmark = pytest.mark.usefixtures("stack")


def connect(**event: Any) -> int:
    """The status of a handshake."""
    context = {"routeKey": "$connect", "connectionId": "c9", "identity": {"sourceIp": "192.0.2.9"}}
    with acting_as("on_socket"):
        return int(lambda_handler({"requestContext": context, **event}, None)["statusCode"])


class TestStatus:
    def test_everyone_is_the_operator_before_the_first_account(self) -> None:
        assert Person("").auth("GET", "status") == (200, {
            "disabled": True, "setup_required": False, "setup_possible": True, "authenticated": True,
            "user": {"id": 0, "username": "admin", "role": "admin"}, "oidc": None,
        })  # fmt: skip

    def test_a_login_may_be_demanded_before_there_is_one(self, configure: Configure) -> None:
        configure(disable_auth="false", host="0.0.0.0")
        stranger = Person("")
        body = stranger.auth("GET", "status")[1]
        assert (body["disabled"], body["setup_required"], body["authenticated"], body["user"]) == (
            False,
            True,
            False,
            None,
        )
        assert stranger.ask("history", "GET", "/api/history")[0] == 401
        stranger.auth("POST", "setup", {"username": "ada", "password": PASSWORD})
        assert stranger.ask("history", "GET", "/api/history")[0] == 200
        assert stranger.auth("GET", "status")[1]["setup_required"] is False

    def test_accounts_can_be_switched_off(self, configure: Configure) -> None:
        set_up()
        configure(disable_auth="true")
        stranger = Person("ada")
        assert stranger.auth("GET", "status")[1]["disabled"] is True
        assert stranger.ask("history", "GET", "/api/history")[0] == 200
        for method, path in (("POST", "login"), ("POST", "setup"), ("GET", "me"), ("GET", "accounts")):
            status, body = stranger.auth(method, path, {})
            assert (status, body["error"], body["code"]) == (403, "Authentication is disabled.", "FEATURE_DISABLED")

    def test_of_who_is_signed_in_and_of_others(self) -> None:
        ada = set_up()
        body = ada.auth("GET", "status")[1]
        assert (body["disabled"], body["authenticated"]) == (False, True)
        assert (body["user"]["username"], body["user"]["role"]) == ("ada", "admin")
        for headers in (
            {},
            {"Authorization": "Basic eDp5"},
            {"Authorization": "Bearer ytp_x"},
            {"Cookie": "ytp_session=1.2.x"},
        ):
            body = Person("").auth("GET", "status", headers=headers)[1]
            assert (body["authenticated"], body["user"], body["setup_possible"]) == (False, None, False)


class TestSetup:
    def test_it_makes_an_admin_and_signs_in(self) -> None:
        ada = Person("ada")
        status, body = ada.auth("POST", "setup", {"username": " ada ", "password": PASSWORD})
        assert (status, body["user"]["username"], body["user"]["role"]) == (201, "ada", "admin")
        assert isinstance(body["user"]["id"], int)
        cookie = ada.last.headers["Set-Cookie"]
        assert "; HttpOnly" in cookie
        assert "; Path=/" in cookie
        assert "; SameSite=Lax" in cookie
        assert f"Max-Age={30 * DAY}" in cookie
        assert "Secure" not in cookie
        assert ada.last.headers["Cache-Control"] == "no-store"
        assert ada.auth("GET", "me")[1]["user"] == body["user"]

    def test_behind_https_the_cookie_never_leaves_it(self, configure: Configure) -> None:
        configure(trusted_proxies="127.0.0.1", auth_session_days=2, base_path="/dl")
        ada = Person("ada")
        body = {"username": "ada", "password": PASSWORD}
        ada.auth("POST", "setup", body, headers={"X-Forwarded-Proto": "https"})
        cookie = ada.last.headers["Set-Cookie"]
        assert "; Secure" in cookie
        assert "; Path=/dl/" in cookie
        assert f"Max-Age={2 * DAY}" in cookie

    def test_once(self) -> None:
        set_up()
        status, body = Person("eve").auth("POST", "setup", {"username": "eve", "password": PASSWORD})
        assert (status, body["code"], body["error"]) == (409, "ALREADY_EXISTS", "Setup is no longer available.")

    def test_not_where_the_settings_have_a_user(self, configure: Configure) -> None:
        configure(auth_username="user", auth_password="word")
        assert Person("").auth("POST", "setup", {"username": "eve", "password": PASSWORD})[0] == 409

    def test_an_open_service_is_locked_by_nobody(self, configure: Configure) -> None:
        configure(allow_open="true")
        status, body = Person("").auth("POST", "setup", {"username": "mallory", "password": PASSWORD})
        assert (status, body["code"]) == (403, "FORBIDDEN")
        status, body = Person("").auth("GET", "status")
        assert (status, body["disabled"], body["setup_possible"]) == (200, True, False)

    def test_of_many_at_once_one_wins(self) -> None:
        def attempt(number: int) -> int:
            return Person("").auth("POST", "setup", {"username": f"n{number}", "password": PASSWORD})[0]

        with ThreadPoolExecutor(8) as threads:
            statuses = sorted(threads.map(attempt, range(8)))
        assert statuses.count(201) == 1
        assert set(statuses) <= {201, 409, 429}, "429: too many passwords are hashed at once"

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            (None, "username is required."),
            ([], "username is required."),
            ({"username": "ada"}, "password is required."),
            ({"username": "ada", "password": 5}, "password is required."),
            ({"username": "  ", "password": "x"}, "username is required."),
            ({"username": "a:b", "password": "x"}, "username has at most 60"),
            ({"username": "..", "password": "x"}, "username has at most 60"),
            ({"username": "a" * 61, "password": "x"}, "username has at most 60"),
            ({"username": "a\x00", "password": "x"}, "username has at most 60"),
            ({"username": "ada", "password": "x" * 1025}, "password has at most 1024"),
            ({"username": "ada", "password": "a\x00b"}, "password has at most 1024"),
        ],
    )
    def test_what_is_no_account(self, body: object, text: str) -> None:
        status, answer = Person("").auth("POST", "setup", body)
        assert status == 400
        assert answer["error"].startswith(text)
        assert Person("").auth("GET", "status")[1]["setup_possible"] is True


class TestLogin:
    def test_with_the_right_password(self) -> None:
        set_up()
        assert Person("ADA").sign_in().auth("GET", "me")[1]["user"]["username"] == "ada"

    @pytest.mark.parametrize(("name", "password"), [("ada", "guess"), ("eve", PASSWORD), ("ada", PASSWORD + " ")])
    def test_a_wrong_one_does_not_make_the_browser_ask(self, name: str, password: str) -> None:
        set_up()
        stranger = Person(name)
        assert error(stranger.auth("POST", "login", {"username": name, "password": password})) == WRONG
        assert "WWW-Authenticate" not in stranger.last.headers
        assert stranger.cookie == ""

    def test_guesses_are_slowed_down_and_the_right_one_is_not(self) -> None:
        ada = set_up()
        body = {"username": "ada", "password": "guess"}
        statuses = [Person("").auth("POST", "login", body)[0] for _ in range(21)]
        assert statuses == [401] * 20 + [429]
        stranger = Person("")
        assert stranger.auth("POST", "login", body)[1]["code"] == "TOO_MANY"
        assert int(stranger.last.headers["Retry-After"]) > 0
        ada.sign_in()

    def test_the_user_of_the_settings(self, configure: Configure) -> None:
        configure(auth_username="user", auth_password="word")
        user = Person("user").sign_in("word")
        assert user.auth("GET", "me")[1]["user"] == {"id": 0, "username": "user", "role": "admin"}
        assert len(user.auth("GET", "sessions")[1]["items"]) == 1
        assert user.auth("PATCH", "account", {"current_password": "word", "password": "new"})[0] == 400
        configure(auth_password="other")
        assert user.auth("GET", "me")[0] == 401

    def test_basic_credentials_of_an_account(self, system: Client) -> None:
        set_up()
        assert system.call("GET", "/api/ping", auth=("ada", PASSWORD))[0] == 200
        assert system.call("GET", "/api/ping", auth=("ada", PASSWORD))[0] == 200
        assert system.call("GET", "/api/ping", auth=("ada", "x"))[0] == 401
        assert system.get("/api/ping")[0] == 401

    def test_a_script_of_a_page_is_not_asked_by_the_browser(self, system: Client) -> None:
        set_up()
        system.call("GET", "/api/ping", headers={"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"})
        assert (system.last.status_code, "WWW-Authenticate" in system.last.headers) == (401, False)
        system.call("GET", "/api/ping")
        assert "WWW-Authenticate" in system.last.headers


class TestSessions:
    def test_they_are_listed_newest_first_without_secrets(self, clock: FakeClock) -> None:
        ada = set_up()
        clock.advance(5)
        other = Person("ada")
        other.auth("POST", "login", {"username": "ada", "password": PASSWORD}, headers={"User-Agent": "Lynx\x7f/2"})
        items = ada.auth("GET", "sessions")[1]["items"]
        assert (items[0]["current"], items[0]["user_agent"]) == (False, "Lynx/2")
        assert items[1]["current"] is True
        assert items[0]["ip"] == "127.0.0.1"
        assert all(set(item) == {"id", "created_at", "expires_at", "user_agent", "ip", "current"} for item in items)
        assert ada.cookie.rpartition(".")[2] not in str(items)

    def test_the_cookie_is_not_in_the_tables(self, stack: Stack) -> None:
        ada = set_up()
        rows = str(stack.rows("accounts"))
        assert ada.cookie.rpartition(".")[2] not in rows
        assert PASSWORD not in rows

    def test_a_login_replaces_the_browsers_session(self) -> None:
        ada = set_up()
        before = ada.cookie
        ada.sign_in()
        assert ada.cookie != before
        assert len(ada.auth("GET", "sessions")[1]["items"]) == 1
        ada.cookie = before
        assert ada.auth("GET", "me")[0] == 401

    def test_logging_out_ends_it(self) -> None:
        ada = set_up()
        before = ada.cookie
        assert ada.auth("POST", "logout") == (204, None)
        assert ada.cookie == ""
        ada.cookie = before
        assert ada.auth("GET", "me")[0] == 401
        assert Person("").auth("POST", "logout")[0] == 204

    def test_one_can_be_ended_by_its_id(self) -> None:
        ada, other = set_up(), Person("ada").sign_in()
        items = ada.auth("GET", "sessions")[1]["items"]
        [theirs] = [item["id"] for item in items if not item["current"]]
        assert ada.auth("DELETE", f"sessions/{theirs}") == (204, None)
        assert other.auth("GET", "me")[0] == 401
        for id_ in (theirs, "x", "-1", "9" * 400):
            assert error(ada.auth("DELETE", f"sessions/{id_}")) == (404, "Session not found.")
        [own] = [item["id"] for item in items if item["current"]]
        assert ada.auth("DELETE", f"sessions/{own}")[0] == 204
        assert ada.cookie == ""

    def test_nobody_ends_those_of_others(self) -> None:
        ada = set_up()
        bob, _ = make_account(ada, "bob", "member")
        [own] = ada.auth("GET", "sessions")[1]["items"]
        assert bob.auth("DELETE", f"sessions/{own['id']}")[0] == 404
        assert ada.auth("GET", "me")[0] == 200

    def test_all_others_can_be_ended(self, system: Client) -> None:
        ada, other = set_up(), Person("ada").sign_in()
        assert ada.auth("DELETE", "sessions") == (204, None)
        assert ada.auth("GET", "me")[0] == 200
        assert other.auth("GET", "me")[0] == 401
        key = ada.make_key()
        by_key = Person("").auth("DELETE", "sessions", headers={"Authorization": f"Bearer {key}"})
        assert error(by_key) == (400, "A valid session cookie is required.")

    def test_they_expire(self, configure: Configure, clock: FakeClock) -> None:
        configure(auth_session_days=1)
        ada = set_up()
        clock.advance(DAY - 5)
        assert ada.auth("GET", "me")[0] == 200
        clock.advance(10)
        assert ada.auth("GET", "me")[0] == 401

    def test_a_new_password_ends_them_and_begins_one(self) -> None:
        ada, other = set_up(), Person("ada").sign_in()
        before = ada.cookie
        status, body = ada.auth("PATCH", "account", {"current_password": PASSWORD, "password": "another one"})
        assert (status, body["user"]["username"]) == (200, "ada")
        assert ada.auth("GET", "me")[0] == 200
        assert other.auth("GET", "me")[0] == 401
        ada.cookie = before
        assert ada.auth("GET", "me")[0] == 401
        Person("ada").sign_in("another one")
        assert Person("ada").auth("POST", "login", {"username": "ada", "password": PASSWORD})[0] == 401

    def test_a_new_name_keeps_them(self) -> None:
        ada = set_up()
        assert ada.auth("PATCH", "account", {"current_password": PASSWORD, "username": "lady"})[0] == 200
        assert ada.auth("GET", "me")[1]["user"]["username"] == "lady"
        assert Person("ada").auth("POST", "login", {"username": "ada", "password": PASSWORD})[0] == 401

    @pytest.mark.parametrize(
        ("body", "answer"),
        [
            ({"current_password": PASSWORD}, (400, "Username or password is required.")),
            ({"password": "x"}, (400, "current_password is required.")),
            ({"current_password": "guess", "password": "x"}, WRONG),
            ({"current_password": PASSWORD, "username": "BOB"}, (409, "An account of this name exists already.")),
            ([], (400, "Invalid request body expecting dict.")),
        ],
    )
    def test_changes_that_are_refused(self, body: object, answer: tuple[int, str]) -> None:
        ada = set_up()
        make_account(ada, "bob", "guest")
        assert error(ada.auth("PATCH", "account", body)) == answer
        Person("ada").sign_in()


class TestPagesOfOtherOrigins:
    """A browser adds cookies by itself: they count for own pages alone."""

    FOREIGN = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"},
               {"Origin": "http://localhost:9999", "Sec-Fetch-Site": "same-site"})  # fmt: skip

    @pytest.mark.parametrize("headers", FOREIGN)
    def test_they_change_nothing(self, headers: dict[str, str]) -> None:
        ada = set_up()
        for method, path in (
            ("POST", "api-keys"),
            ("DELETE", "sessions"),
            ("GET", "me"),
            ("POST", "logout"),
            ("POST", "login"),
        ):
            assert ada.auth(method, path, {"name": "x"}, headers=headers)[0] == 403
        assert ada.ask("history", "DELETE", "/api/history", {"ids": ["x"]}, headers=headers)[0] == 403
        assert ada.auth("GET", "api-keys")[1]["items"] == []

    @pytest.mark.parametrize("headers", FOREIGN)
    def test_they_add_only_with_the_key_in_the_address(self, headers: dict[str, str]) -> None:
        ada = set_up()
        body = {"url": "https://video.example/1"}
        assert ada.ask("history", "POST", "/api/history", body, headers=headers)[0] == 401
        assert ada.ask("history", "GET", "/api/history/add?url=https://video.example/2", headers=headers)[0] == 401
        key = ada.make_key()
        path = f"/api/history?apikey={key}"
        assert Person("").ask("history", "POST", path, {"url": "ftp://x"}, headers=headers)[0] == 400

    @pytest.mark.parametrize("headers", FOREIGN)
    def test_they_open_no_socket(self, headers: dict[str, str]) -> None:
        ada = set_up()
        cookie = {"Cookie": f"a=b; ytp_session={ada.cookie}"}
        assert connect(headers=cookie | headers) == 403
        assert connect(headers=cookie) == 200
        assert connect(headers={}) == 401

    def test_own_pages_do(self) -> None:
        ada = set_up()
        own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        assert ada.auth("POST", "api-keys", {"name": "x"}, headers=own)[0] == 201


class TestTickets:
    def test_one_opens_one_socket(self) -> None:
        ada = set_up()
        status, body = ada.auth("POST", "ws-ticket")
        assert (status, body["expires_in"]) == (201, 30)
        ticket = {"ticket": body["ticket"]}
        assert body["ticket"].startswith("ytp_ws_")
        assert connect(queryStringParameters=ticket) == 200
        connection = connections.find("c9")
        assert connection is not None
        assert connection.principal.name == "ada"
        assert connect(queryStringParameters=ticket) == 401
        assert connect(queryStringParameters={"ticket": ""}) == 401

    def test_within_half_a_minute(self, clock: FakeClock) -> None:
        ada = set_up()
        ticket = ada.auth("POST", "ws-ticket")[1]["ticket"]
        clock.advance(31)
        assert connect(queryStringParameters={"ticket": ticket}) == 401

    def test_nowhere_else(self) -> None:
        ada = set_up()
        ticket = ada.auth("POST", "ws-ticket")[1]["ticket"]
        for path in (f"/api/history?ticket={ticket}", f"/api/history?apikey={ticket}"):
            assert Person("").ask("history", "GET", path)[0] == 401


class TestAdministration:
    """accounts.md 3"""

    def test_an_account_from_its_making_to_its_end(self) -> None:
        ada = set_up()
        bob, id_ = make_account(ada, "Bob", "member")
        status, account = ada.auth("GET", f"accounts/{id_}")
        assert (status, account["home"], account["has_password"], account["external"]) == (
            200,
            "users/Bob",
            True,
            False,
        )
        assert [item["username"] for item in ada.auth("GET", "accounts")[1]["items"]] == ["ada", "Bob"]
        key = bob.make_key()
        bearer = {"Authorization": f"Bearer {key}"}
        connect(headers=bearer)
        assert ada.auth("PATCH", f"accounts/{id_}", {"disabled": True})[1]["disabled"] is True
        assert bob.auth("GET", "me")[0] == 401
        assert Person("").auth("GET", "me", headers=bearer)[0] == 401
        assert Person("").auth("POST", "login", {"username": "bob", "password": PASSWORD})[0] == 401
        assert connections.find("c9") is None
        ada.auth("PATCH", f"accounts/{id_}", {"disabled": False, "role": "guest", "password": "new", "username": "rob"})
        assert bob.auth("GET", "me")[0] == 401
        assert Person("rob").sign_in("new").auth("GET", "me")[1]["user"]["role"] == "guest"
        assert Person("").auth("GET", "me", headers=bearer)[0] == 200
        assert ada.auth("DELETE", f"accounts/{id_}") == (204, None)
        assert Person("").auth("GET", "me", headers=bearer)[0] == 401
        assert error(ada.auth("GET", f"accounts/{id_}")) == (404, "Account not found.")

    def test_a_later_account_of_a_name_does_not_get_what_the_former_left(self) -> None:
        ada = set_up()
        _, id_ = make_account(ada, "bob", "member")
        bucket.put_bytes("files/users/bob/film.mp4", b"film")
        ada.auth("DELETE", f"accounts/{id_}")
        _, id_ = make_account(ada, "bob", "member")
        assert ada.auth("GET", f"accounts/{id_}")[1]["home"] == "users/bob-2"
        assert ada.auth("PATCH", f"accounts/{id_}", {"home": "users/bob"})[1]["home"] == "users/bob"

    def test_no_answer_has_a_secret(self, stack: Stack) -> None:
        ada = set_up()
        _, id_ = make_account(ada, "bob", "member")
        text = str(ada.auth("GET", "accounts")) + str(ada.auth("GET", f"accounts/{id_}"))
        assert "argon2" not in text
        assert "argon2" in str(stack.rows("accounts"))

    @pytest.mark.parametrize(
        ("body", "answer"),
        [
            ({"username": "ADA", "password": "x"}, (409, "An account of this name exists already.")),
            ({"username": "bob", "password": "x", "role": "root"}, (400, "role is one of admin, member, guest.")),
            ({"username": "bob"}, (400, "password is required.")),
            ({"username": "bob", "password": "x", "home": "../.."}, (400, None)),
            ({"username": "bob", "password": "x", "home": "/"}, (400, "home must be a folder below the files.")),
            ({"username": "bob", "password": "x", "home": "users/ada/in"}, (409, "The folder 'users/ada/in' belongs to another account.")),
            ({"username": "bob", "password": "x", "home": "users"}, (409, "The folder 'users' belongs to another account.")),
            ([], (400, "Invalid request body expecting dict.")),
        ],
    )  # fmt: skip
    def test_accounts_that_are_refused(self, body: object, answer: tuple[int, str | None]) -> None:
        ada = set_up()
        status, text = error(ada.auth("POST", "accounts", body))
        assert (status, answer[1] and text) == answer
        assert len(ada.auth("GET", "accounts")[1]["items"]) == 1

    @pytest.mark.parametrize(
        ("body", "status"),
        [({}, 400), ({"disabled": "yes"}, 400), ({"username": ""}, 400), ({"role": 5}, 400), ({"role": "member"}, 409),
         ({"disabled": True}, 409)],
    )  # fmt: skip
    def test_changes_that_are_refused(self, body: object, status: int) -> None:
        ada = set_up()
        id_ = ada.auth("GET", "me")[1]["user"]["id"]
        assert ada.auth("PATCH", f"accounts/{id_}", body)[0] == status
        assert ada.auth("DELETE", f"accounts/{id_}")[0] == 409
        assert ada.auth("GET", "me")[1]["user"]["role"] == "admin"

    def test_of_two_admins_that_remove_each_other_one_stays(self) -> None:
        ada = set_up()
        eve, eves_id = make_account(ada, "eve", "admin")
        adas_id = ada.auth("GET", "me")[1]["user"]["id"]
        with ThreadPoolExecutor(2) as threads:
            results = [
                threads.submit(person.auth, "DELETE", f"accounts/{id_}")
                for person, id_ in ((ada, eves_id), (eve, adas_id))
            ]
        statuses = [result.result()[0] for result in results]
        assert statuses.count(204) == 1
        assert {ada.auth("GET", "me")[0], eve.auth("GET", "me")[0]} == {200, 401}

    def test_members_and_guests_manage_themselves_alone(self) -> None:
        ada = set_up()
        for role in ("member", "guest"):
            person, id_ = make_account(ada, role, role)
            for method, path in (
                ("GET", "accounts"),
                ("POST", "accounts"),
                ("PATCH", f"accounts/{id_}"),
                ("DELETE", f"accounts/{id_}"),
            ):
                assert error(person.auth(method, path, {"role": "admin"})) == DENIED
            assert person.auth("GET", "me")[1]["user"]["role"] == role

    def test_the_name_of_the_user_in_the_settings_is_taken(self, configure: Configure) -> None:
        configure(auth_username="user", auth_password="word")
        user = Person("user").sign_in("word")
        assert user.auth("POST", "accounts", {"username": "User", "password": "x"})[0] == 409
        make_account(user, "bob", "member")
