"""Credentials of the settings: docs/contract/system.md 2. Over HTTP: test_http.py; of accounts: test_accounts.py."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dlambda.domain.accounts.principal import Principal
from dlambda.domain.web.cross_origin import Admission
from dlambda.entry.auth import authenticate
from dlambda.entry.senders import Incoming
from dlambda.errors import Unauthorized
from tests.stack import Stack, forget_settings

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
STRANGE = st.one_of(st.text(max_size=30), st.binary(max_size=30).map(lambda data: data.decode("latin-1")))
with_tables = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)


@pytest.fixture(autouse=True)
def locked(stack: Stack, configure: Callable[..., None]) -> None:
    configure(auth_username="user", auth_password="p:w")


def check_credentials(authorization: str | None, apikey: str | None) -> Principal:
    headers = {} if authorization is None else {"authorization": authorization}
    return authenticate(Incoming("GET", "/api/ping", "", headers, "127.0.0.1"), Admission.OWN, apikey)


def encoded(plain: str) -> list[str]:
    both = [base64.b64encode(plain.encode()).decode(), base64.urlsafe_b64encode(plain.encode()).decode()]
    return [*both, *(text.rstrip("=") for text in both)]


@pytest.mark.parametrize("text", encoded("user:p:w"))
def test_right_ones_pass_in_every_spelling(text: str) -> None:
    assert check_credentials(f"Basic {text}", None).is_admin
    assert check_credentials(None, text).name == "user"


@with_tables
@given(user=TEXTS.filter(lambda user: ":" not in user), password=TEXTS)
@example(user="user", password="{_}")
@example(user="{port}", password="p")
def test_any_pair_passes_its_own_check_and_no_other(user: str, password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YTP_AUTH_USERNAME", user)
        patch.setenv("YTP_AUTH_PASSWORD", password)
        forget_settings()
        for text in encoded(f"{user}:{password}"):
            check_credentials(f"Basic {text}", None)
            check_credentials(None, text)
        with pytest.raises(Unauthorized):
            check_credentials(f"Basic {encoded(f'{user}:{password}x')[0]}", None)
    forget_settings()


@with_tables
@given(header=STRANGE, key=STRANGE)
@example(header="Bearer ytp_", key="ytp_x")
@example(header="Basic dXNlcjp5dHBfeA==", key="")
def test_whatever_is_sent_there_is_no_other_end(header: str, key: str) -> None:
    for arguments in ((header, None), (None, key), (f"Basic {header}", key)):
        with pytest.raises(Unauthorized) as error:
            check_credentials(*arguments)
        assert "user" not in error.value.message
