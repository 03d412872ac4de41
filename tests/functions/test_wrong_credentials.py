"""Wrong passwords and keys are slowed down and told of: docs/decisions/wrong-credentials.md."""

import base64
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from dlambda.domain.secrets.attempts import PER_ACCOUNT, PER_ADDRESS
from tests.functions.test_socket import handle

RIGHT = {"Authorization": "Basic " + base64.b64encode(b"user:word").decode()}
WRONG = {"Authorization": "Basic " + base64.b64encode(b"user:guess").decode()}


@pytest.fixture
def locked(configure):
    configure(auth_username="user", auth_password="word")


def ask(client, headers, address="192.0.2.1", path="/api/ping"):
    return client.call("GET", path, headers=headers, environ_base={"REMOTE_ADDR": address})


@pytest.mark.usefixtures("locked")
class TestPassword:
    def test_too_many_from_one_address_wait_and_the_right_one_does_not(self, system):
        assert [ask(system, WRONG)[0] for _ in range(PER_ADDRESS)] == [401] * PER_ADDRESS
        status, body = ask(system, WRONG)
        wait = int(system.last.headers["Retry-After"])
        assert (status, body) == (
            429,
            {"error": f"Too many wrong credentials. Try again in {wait} s.", "code": "TOO_MANY"},
        )
        assert 0 < wait <= 60
        assert ask(system, RIGHT)[0] == 200
        assert ask(system, WRONG, "192.0.2.2")[0] == 401

    def test_every_way_of_sending_them_counts(self, system):
        wrong = [
            {"headers": WRONG}, {"headers": {"Authorization": "Basic !!!"}}, {"query_string": {"apikey": "eDp5"}},
            {"headers": {"Authorization": "Basic " + base64.b64encode(b"other:word").decode()}},
        ]  # fmt: skip
        for number in range(PER_ADDRESS):
            assert system.call("GET", "/api/ping", **wrong[number % len(wrong)])[0] == 401
        for each in wrong:
            assert system.call("GET", "/api/ping", **each)[0] == 429
        # What is no attempt: nothing at all, and another scheme.
        assert system.call("GET", "/api/ping")[0] == 401
        assert system.call("GET", "/api/ping", headers={"Authorization": "Bearer x"})[0] == 401

    def test_parallel_attempts_are_all_counted(self, system):
        def once(_: int) -> int:
            return system._client.application.test_client().get("/api/ping", headers=WRONG).status_code

        with ThreadPoolExecutor(16) as threads:
            statuses = list(threads.map(once, range(5 * PER_ADDRESS)))
        assert (statuses.count(401), statuses.count(429)) == (PER_ADDRESS, 4 * PER_ADDRESS)

    def test_many_addresses_share_the_accounts_budget_and_the_right_password_passes(self, system):
        statuses = [
            ask(system, WRONG, f"192.0.{number % 200}.{number // 200}")[0] for number in range(PER_ACCOUNT + 20)
        ]
        assert statuses == [401] * PER_ACCOUNT + [429] * 20
        assert ask(system, RIGHT, "198.51.100.1")[0] == 200
        assert ask(system, {}, "198.51.100.1")[0] == 401

    @pytest.mark.parametrize(
        ("trusted", "address"), [("", "192.0.2.1"), ("192.0.2.0/24", "203.0.113.7"), ("198.51.100.1", "192.0.2.1")]
    )
    def test_each_leaves_one_warning_with_the_clients_address(self, system, configure, caplog, trusted, address):
        configure(trusted_proxies=trusted)
        for _ in range(PER_ADDRESS + 2):
            ask(system, WRONG | {"X-Forwarded-For": "10.9.9.9, 203.0.113.7"})
        lines = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert [line.getMessage() for line in lines] == [f"Wrong password from {address}"] * (PER_ADDRESS + 2)
        assert "guess" not in caplog.text

    def test_an_invented_header_does_not_change_who_is_counted(self, system):
        for number in range(PER_ADDRESS):
            assert ask(system, WRONG | {"X-Forwarded-For": f"203.0.113.{number}"})[0] == 401
        assert ask(system, WRONG | {"X-Forwarded-For": "203.0.113.200"})[0] == 429

    def test_right_ones_leave_no_warning(self, system, caplog):
        ask(system, RIGHT)
        ask(system, {})
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    def test_the_socket(self, stack, caplog):
        context = {"routeKey": "$connect", "connectionId": "c1", "identity": {"sourceIp": "192.0.2.9"}}

        def connect(key: str):
            return handle("$connect", requestContext=context, headers={}, queryStringParameters={"apikey": key})

        assert [connect("eDp5")["statusCode"] for _ in range(PER_ADDRESS)] == [401] * PER_ADDRESS
        refused = connect("eDp5")
        assert refused["statusCode"] == 429
        assert int(refused["headers"]["Retry-After"]) > 0
        assert "Wrong password from 192.0.2.9" in caplog.text
        assert connect(base64.b64encode(b"user:word").decode())["statusCode"] == 200


def test_keys_of_the_key_api(group, configure, caplog):
    configure(admin_key="the-admin-key")
    keys = group("keys")
    assert ask(keys, {"X-API-Key": "the-admin-key"}, path="/get_keys")[0] == 200
    assert [ask(keys, {"X-API-Key": f"guess-{number}"}, path="/get_keys")[0] for number in range(PER_ADDRESS)] == [
        401
    ] * PER_ADDRESS
    assert ask(keys, {"X-API-Key": "guess"}, path="/status/x")[0] == 429
    assert keys.last.headers["Retry-After"]
    assert ask(keys, {"X-API-Key": "guess"}, "192.0.2.7", path="/get_keys")[0] == 401
    assert ask(keys, {"X-API-Key": "the-admin-key"}, path="/get_keys")[0] == 200
    assert ask(keys, {}, path="/get_keys")[0] == 401
    assert caplog.text.count("Wrong API key from 192.0.2.1") == PER_ADDRESS + 1
    assert "guess-" not in caplog.text
