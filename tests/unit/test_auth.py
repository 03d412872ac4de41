"""Credentials: docs/contract/system.md 2. Over HTTP: tests/functions/test_http.py."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlambda.entry.auth import check_credentials
from dlambda.errors import Unauthorized
from tests.stack import forget_settings

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
STRANGE = st.one_of(st.text(max_size=30), st.binary(max_size=30).map(lambda data: data.decode("latin-1")))


@pytest.fixture(autouse=True)
def locked(configure):
    configure(auth_username="user", auth_password="p:w")


def encoded(plain: str) -> list[str]:
    both = [base64.b64encode(plain.encode()).decode(), base64.urlsafe_b64encode(plain.encode()).decode()]
    return [*both, *(text.rstrip("=") for text in both)]


@pytest.mark.parametrize("text", encoded("user:p:w"))
def test_right_ones_pass_in_every_spelling(text):
    check_credentials(f"Basic {text}", None)
    check_credentials(None, text)


@given(user=TEXTS, password=TEXTS)
@example(user="user", password="{_}")
@example(user="{port}", password="p")
def test_any_pair_passes_its_own_check_and_no_other(user, password):
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


@given(header=STRANGE, key=STRANGE)
def test_whatever_is_sent_there_is_no_other_end(header, key):
    for arguments in ((header, None), (None, key), (f"Basic {header}", key)):
        with pytest.raises(Unauthorized) as error:
            check_credentials(*arguments)
        assert "user" not in error.value.message
