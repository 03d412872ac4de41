"""Access that was taken back, or never given, by every way in: docs/contract/accounts.md 3 to 8."""

import json
from collections.abc import Callable

import pytest

from dlambda.domain.accounts.principal import Principal
from dlambda.store import connections
from dlambda.store.accounts import accounts
from events.on_socket.main import lambda_handler
from tests.functions.calls import error
from tests.functions.people import PASSWORD, Person, make_account, set_up
from tests.functions.permissions import acting_as
from tests.pushes import Pushes

Configure = Callable[..., None]

pytestmark = pytest.mark.usefixtures("stack")


def connect(headers: dict[str, str] | None = None, **query: str) -> int:
    """The status of a handshake of the connection `c9`."""
    context = {"routeKey": "$connect", "connectionId": "c9", "identity": {"sourceIp": "192.0.2.9"}}
    event = {"requestContext": context, "headers": headers or {}, "queryStringParameters": query}
    with acting_as("on_socket"):
        return int(lambda_handler(event, None)["statusCode"])


def principal_of(account_id: int) -> Principal:
    return accounts.get(str(account_id)).principal


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


class TestSetup:
    @pytest.mark.parametrize(
        "settings",
        [
            {"oidc_issuer": "https://login.example", "oidc_client_id": "films"},
            {"auth_proxy_header": "Remote-User", "trusted_proxies": "127.0.0.1"},
        ],
    )
    def test_strangers_set_up_nothing_where_users_sign_in_elsewhere(
        self, configure: Configure, settings: dict[str, str]
    ) -> None:
        configure(**settings)
        assert Person("").auth("GET", "status")[1]["setup_possible"] is False
        answer = Person("").auth("POST", "setup", {"username": "eve", "password": PASSWORD})
        assert error(answer) == (409, "Setup is no longer available.")


class TestTickets:
    @pytest.mark.parametrize("change", [{"disabled": True}, {"password": "another"}])
    def test_one_of_before_a_change_opens_nothing(self, change: dict[str, object]) -> None:
        ada = set_up()
        bob, id_ = make_account(ada, "bob", "member")
        ticket = bob.auth("POST", "ws-ticket")[1]["ticket"]
        assert ada.auth("PATCH", f"accounts/{id_}", change)[0] == 200
        assert connect(ticket=ticket) == 401

    def test_it_has_the_role_of_now(self) -> None:
        ada = set_up()
        bob, id_ = make_account(ada, "bob", "admin")
        ticket = bob.auth("POST", "ws-ticket")[1]["ticket"]
        ada.auth("PATCH", f"accounts/{id_}", {"role": "guest"})
        assert connect(ticket=ticket) == 200
        connection = connections.find("c9")
        assert connection is not None
        assert connection.principal.role == "guest"

    def test_one_of_a_key_that_is_gone_opens_nothing(self) -> None:
        ada = set_up()
        key = ada.make_key()
        ticket = Person("").auth("POST", "ws-ticket", headers=bearer(key))[1]["ticket"]
        [listed] = ada.auth("GET", "api-keys")[1]["items"]
        ada.auth("DELETE", f"api-keys/{listed['id']}")
        assert connect(ticket=ticket) == 401


class TestSockets:
    def test_those_of_a_removed_key_end(self) -> None:
        ada = set_up()
        assert connect(bearer(ada.make_key())) == 200
        [listed] = ada.auth("GET", "api-keys")[1]["items"]
        ada.auth("DELETE", f"api-keys/{listed['id']}")
        assert connections.find("c9") is None

    @pytest.mark.parametrize("path", ["sessions", "sessions/{id}"])
    def test_those_of_a_session_that_its_user_ends_elsewhere_end(self, path: str) -> None:
        ada, other = set_up(), Person("ada").sign_in()
        connect({"Cookie": f"ytp_session={other.cookie}"})
        [id_] = [one["id"] for one in ada.auth("GET", "sessions")[1]["items"] if not one["current"]]
        assert ada.auth("DELETE", path.format(id=id_))[0] == 204
        assert connections.find("c9") is None

    def test_what_a_key_adds_by_a_socket_counts_on_it(self, pushes: Pushes) -> None:
        key = set_up().make_key(request_limit=1)
        body = {"url": "https://video.example/1"}
        assert Person("").ask("history", "POST", "/api/history", body, headers=bearer(key))[0] == 200
        connect(bearer(key))
        assert connections.find("c9") is not None
        frame = {"event": "add_url", "data": {"url": "https://video.example/2"}}
        context = {"routeKey": "$default", "connectionId": "c9"}
        with acting_as("on_socket"):
            lambda_handler({"requestContext": context, "body": json.dumps(frame)}, None)
        assert "Rate limit exceeded. Max 1 per" in str(pushes.to("c9"))


class TestKeys:
    def test_those_of_the_time_before_the_first_account_open_nothing_later(self) -> None:
        """Everyone could make one then, and no account's list has it."""
        key = Person("").make_key()
        assert Person("").auth("GET", "me", headers=bearer(key))[0] == 200
        set_up()
        assert Person("").auth("GET", "me", headers=bearer(key))[0] == 401
        assert Person("").ask("keys", "POST", "/get_info", {"url": "x"}, headers={"X-API-Key": key})[0] == 401


class TestProxies:
    @pytest.fixture(autouse=True)
    def proxy(self, configure: Configure) -> None:
        configure(auth_proxy_header="Remote-User", trusted_proxies="127.0.0.1", auth_username="ada", auth_password="x")

    def test_a_disabled_user_stays_out_whatever_its_account_is_called(self) -> None:
        ada, by_proxy = Person("ada").sign_in("x"), {"Remote-User": "bob"}
        user = Person("").auth("GET", "me", headers=by_proxy)[1]["user"]
        changes = {"disabled": True, "username": "bob (gone)"}
        assert ada.auth("PATCH", f"accounts/{user['id']}", changes)[0] == 200
        assert error(Person("").auth("GET", "me", headers=by_proxy)) == (403, "This account is disabled.")
        ada.auth("PATCH", f"accounts/{user['id']}", {"disabled": False})
        assert Person("").auth("GET", "me", headers=by_proxy)[1]["user"]["id"] == user["id"]

    def test_a_role_that_is_lost_ends_the_sockets(self, configure: Configure) -> None:
        configure(auth_proxy_groups_header="Remote-Groups", auth_admin_groups="staff", auth_default_role="guest")
        person, by_proxy = Person(""), {"Remote-User": "bob"}
        user = person.auth("GET", "me", headers={**by_proxy, "Remote-Groups": "staff"})[1]["user"]
        assert user["role"] == "admin"
        person.auth("GET", "me", headers={"Remote-User": "eve", "Remote-Groups": "staff"})  # one admin stays
        connections.add("c9", "sid", principal_of(user["id"]))
        assert person.auth("GET", "me", headers=by_proxy)[1]["user"]["role"] == "guest"
        assert connections.find("c9") is None
