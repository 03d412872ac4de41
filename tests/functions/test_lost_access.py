"""Access that was taken back, or never given, by every way in: docs/contract/accounts.md 3 to 8."""

from collections.abc import Callable

import pytest

from tests.functions.calls import error
from tests.functions.people import PASSWORD, Person

Configure = Callable[..., None]

pytestmark = pytest.mark.usefixtures("stack")


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
