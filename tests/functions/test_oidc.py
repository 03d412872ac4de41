"""Signing in at an OpenID Connect provider: docs/contract/accounts.md 6."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from dlambda.usecases.accounts import oidc
from tests.clock import FakeClock
from tests.functions.people import PASSWORD, Person, set_up
from tests.functions.provider import CLIENT_ID, SECRET, Provider, serving
from tests.stack import Stack, forget

Configure = Callable[..., None]
# What a browser says of a redirect from another site.
_FROM_THERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_LOGIN, _CALLBACK = "/api/auth/oidc/login", "/api/auth/oidc/callback"


@pytest.fixture
def provider(stack: Stack, configure: Configure) -> Iterator[Provider]:
    with serving() as provider:
        configure(oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=SECRET)
        yield provider
        forget(oidc._provider)


class Browser(Person):
    """A browser that goes to the provider and comes back; it keeps the cookies of both ways."""

    def __init__(self) -> None:
        super().__init__("")
        self.begun = ""

    def begin(self, **query: str) -> str:
        """The address at the provider."""
        status, _ = self.ask("auth", "GET", _LOGIN, query_string=query)
        assert status == 302
        [line] = self.last.headers.getlist("Set-Cookie")
        assert line.startswith("ytp_oidc=")
        assert "HttpOnly" in line
        self.begun = line.partition(";")[0]
        return str(self.last.headers["Location"])

    def come_back(self, url: str) -> tuple[int, str]:
        """Status, and where the answer leads or what it says."""
        parts = urlsplit(url)
        assert parts.path == _CALLBACK
        status, body = self.ask(
            "auth", "GET", f"{parts.path}?{parts.query}", headers={"Cookie": self.begun} | _FROM_THERE
        )
        return status, str(self.last.headers["Location"]) if status == 302 else str(body["error"])

    def sign_in_at(self, provider: Provider, **query: str) -> tuple[int, str]:
        return self.come_back(provider.authorize(self.begin(**query)))

    def user(self) -> tuple[str, str]:
        user = self.auth("GET", "me")[1]["user"]
        return user["username"], user["role"]


def test_a_login_is_needed_and_the_page_may_offer_the_provider(provider: Provider) -> None:
    body = Person("").auth("GET", "status")[1]
    assert (body["disabled"], body["oidc"]) == (False, {"label": "single sign-on", "url": _LOGIN})
    assert Person("").ask("history", "GET", "/api/history")[0] == 401


def test_the_first_user_is_the_admin_and_others_are_members(provider: Provider) -> None:
    ann = Browser()
    assert ann.sign_in_at(provider, next="/app?x=1#top") == (302, "/app?x=1#top")
    assert ann.user() == ("ann", "admin")
    assert ann.sign_in_at(provider) == (302, "/")
    provider.user = {"sub": "u2", "email": "bob@example.org"}
    bob = Browser()
    bob.sign_in_at(provider)
    assert bob.user() == ("bob", "member")
    accounts = ann.auth("GET", "accounts")[1]["items"]
    assert [(account["username"], account["has_password"], account["external"]) for account in accounts] == [
        ("ann", False, True), ("bob", False, True),
    ]  # fmt: skip


def test_a_user_keeps_the_account_when_the_name_changes_there(provider: Provider) -> None:
    ann = Browser()
    ann.sign_in_at(provider)
    id_ = ann.auth("GET", "me")[1]["user"]["id"]
    provider.user = {"sub": "u1", "preferred_username": "other"}
    again = Browser()
    again.sign_in_at(provider)
    assert (again.auth("GET", "me")[1]["user"]["id"], again.user()[0]) == (id_, "ann")


def test_groups_say_the_role_at_each_sign_in(provider: Provider, configure: Configure) -> None:
    configure(auth_admin_groups="ops", auth_member_groups="staff", oidc_groups_claim="realm.roles")
    provider.user |= {"realm": {"roles": ["staff", "x"]}}
    ann = Browser()
    ann.sign_in_at(provider)
    assert ann.user() == ("ann", "member")
    provider.user |= {"realm": {"roles": ["staff", "ops"]}}
    ann.sign_in_at(provider)
    assert ann.user() == ("ann", "admin")
    provider.user |= {"realm": {"roles": ["x"]}}
    assert Browser().sign_in_at(provider) == (403, "None of your groups may use this service.")
    configure(auth_default_role="guest")
    provider.user = {"sub": "u3", "preferred_username": "kid"}
    kid = Browser()
    kid.sign_in_at(provider)
    assert kid.user() == ("kid", "guest")


def test_claims_that_the_token_lacks_are_asked_for(provider: Provider, configure: Configure) -> None:
    configure(auth_member_groups="staff")
    provider.user = {"sub": "u1"}
    provider.user_info = {"preferred_username": "ann", "groups": ["staff"]}
    ann = Browser()
    assert ann.sign_in_at(provider)[0] == 302
    assert ann.user() == ("ann", "member")
    provider.user_info = {"sub": "another", "groups": ["staff"]}
    assert Browser().sign_in_at(provider)[0] == 403


@pytest.fixture
def ada(stack: Stack) -> Person:
    """An account that is older than the provider, where it is asked for before it."""
    return set_up("ann")


def test_nobody_takes_over_an_account_by_its_name(ada: Person, provider: Provider) -> None:
    assert Browser().sign_in_at(provider) == (403, "The name 'ann' belongs to another account.")
    assert ada.auth("GET", "me")[0] == 200
    Person("ann").sign_in(PASSWORD)


def test_a_disabled_account_stays_out(provider: Provider) -> None:
    admin, bob = Browser(), Browser()
    admin.sign_in_at(provider)
    provider.user = {"sub": "u2", "email": "bob@example.org"}
    bob.sign_in_at(provider)
    id_ = bob.auth("GET", "me")[1]["user"]["id"]
    admin.auth("PATCH", f"accounts/{id_}", {"disabled": True})
    assert bob.auth("GET", "me")[0] == 401
    assert Browser().sign_in_at(provider) == (403, "This account is disabled.")


def test_an_account_without_a_password_has_none_that_fits(provider: Provider) -> None:
    Browser().sign_in_at(provider)
    for password in ("", "x"):
        assert Person("").auth("POST", "login", {"username": "ann", "password": password})[0] in {400, 401}


class TestAttempts:
    NOT_BEGUN = (400, "This sign-in was not begun in this browser. Begin it again.")

    def test_in_another_browser(self, provider: Provider) -> None:
        victim, attacker = Browser(), Browser()
        url = provider.authorize(attacker.begin())
        assert victim.come_back(url) == self.NOT_BEGUN
        victim.begin()
        assert victim.come_back(url) == self.NOT_BEGUN
        assert victim.cookie == ""

    def test_twice(self, provider: Provider) -> None:
        browser = Browser()
        url = provider.authorize(browser.begin())
        assert browser.come_back(url)[0] == 302
        assert browser.come_back(url) == (400, "This sign-in has expired. Begin it again.")

    def test_too_late(self, provider: Provider, clock: FakeClock) -> None:
        browser = Browser()
        url = provider.authorize(browser.begin())
        clock.advance(601)
        assert browser.come_back(url) == (400, "This sign-in has expired. Begin it again.")

    def test_a_code_of_another_sign_in(self, provider: Provider) -> None:
        browser, other = Browser(), Browser()
        stolen = parse_qs(urlsplit(provider.authorize(other.begin())).query)["code"][0]
        state = parse_qs(urlsplit(browser.begin()).query)["state"][0]
        status, text = browser.come_back(f"http://localhost{_CALLBACK}?code={stolen}&state={state}")
        assert (status, text) == (500, "The sign-in at the provider failed: it answered 400.")

    @pytest.mark.parametrize(
        "changes",
        [{"nonce": "x"}, {"nonce": None}, {"aud": "other"}, {"aud": None}, {"iss": "http://evil.example"}, {"iss": None},
         {"exp": 1}, {"exp": None}, {"iat": None}, {"sub": None}, {"azp": "other"}],
    )  # fmt: skip
    def test_a_token_that_is_not_for_this(self, provider: Provider, changes: dict[str, Any]) -> None:
        provider.changes = changes
        browser = Browser()
        status, text = browser.sign_in_at(provider)
        assert (status, text.partition(":")[0]) == (500, "The sign-in at the provider failed")
        assert browser.cookie == ""

    def test_a_token_that_another_signed(self, provider: Provider) -> None:
        provider.signing_key = RSAKey.generate_key(2048, {"kid": "k1"})
        assert Browser().sign_in_at(provider) == (500, "The sign-in at the provider failed: its token is not valid.")

    def test_a_new_key_of_the_provider_is_learnt(self, provider: Provider) -> None:
        assert Browser().sign_in_at(provider)[0] == 302
        provider.rotate()
        assert Browser().sign_in_at(provider)[0] == 302

    @pytest.mark.parametrize(
        "target",
        ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "/a\r\nX: y"],
    )
    def test_it_leads_nowhere_else(self, provider: Provider, target: str) -> None:
        assert Browser().sign_in_at(provider, next=target) == (302, "/")

    def test_a_refusal(self, provider: Provider) -> None:
        browser = Browser()
        browser.begin()
        answer = browser.come_back(f"http://localhost{_CALLBACK}?error=access_denied&error_description=No.")
        assert answer == (403, "The provider refused the sign-in: No.")

    def test_a_provider_that_is_away(self, provider: Provider, configure: Configure) -> None:
        configure(oidc_issuer="http://127.0.0.1:1")
        status, body = Person("").ask("auth", "GET", _LOGIN)
        assert (status, body["error"]) == (503, "The sign-in at the provider failed: it cannot be reached.")

    def test_a_provider_that_is_another(self, provider: Provider, configure: Configure) -> None:
        configure(oidc_issuer=provider.issuer.replace("127.0.0.1", "localhost"))
        assert Person("").ask("auth", "GET", _LOGIN)[0] == 500


def test_without_a_provider(stack: Stack) -> None:
    for path in (_LOGIN, _CALLBACK):
        assert Person("").ask("auth", "GET", path)[0] in {400, 404}


def test_no_secret_is_in_the_log(provider: Provider, caplog: pytest.LogCaptureFixture, stack: Stack) -> None:
    browser = Browser()
    browser.sign_in_at(provider)
    state = browser.begun.partition("=")[2]
    rows = str(stack.rows("accounts"))
    for secret in (SECRET, state, browser.cookie.rpartition(".")[2]):
        assert secret not in caplog.text
        assert secret not in rows
