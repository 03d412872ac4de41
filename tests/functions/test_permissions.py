"""Each route needs one permission, and each role has its own: docs/contract/accounts.md 2.

A new route without `permission=` fails here, and so does one that answers a role that it should not.
"""

import importlib
import re
from collections.abc import Callable, Iterator

import pytest

from dlambda.domain.accounts.permission import Permission, permissions_of
from dlambda.domain.accounts.principal import Role
from dlambda.domain.orders.key import Permission as KeyPermission
from dlambda.entry.routes import permission_of
from local import template
from tests.functions.people import Person, make_account, set_up
from tests.stack import Stack

MODULES = sorted({route.function.module for route in template.read().routes})
DENIED = "You do not have permission to perform this action."
# They ask the internet, or answer as long as somebody listens; test_the_roles has what they need.
_NOT_CALLED = frozenset({"/api/random/background", "/api/system/check-updates", "/api/logs/stream", "/metrics"})
_SAMPLES = {"int": "1", "string": "x", "path": "x", "default": "x", "any": "README.md"}
_PARAMETER = re.compile(r"<(?:(\w+)(?:\([^>]*\))?:)?(\w+)>")


def routes() -> Iterator[tuple[str, str, str]]:
    """(method, rule, module) of each route of the service."""
    for module in MODULES:
        app = importlib.import_module(module).app
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield method, rule.rule, module


ROUTES = list(routes())
USERS = [(method, rule, module) for method, rule, module in ROUTES if module != "endpoints.keys.main"]


def needed(method: str, rule: str, module: str) -> object:
    app = importlib.import_module(module).app
    [endpoint] = {
        each.endpoint for each in app.url_map.iter_rules() if each.rule == rule and method in (each.methods or ())
    }
    return permission_of(app.view_functions[endpoint])


def path_of(rule: str) -> str:
    """An address that the rule matches."""
    return _PARAMETER.sub(lambda match: _SAMPLES[match[1] or "default"], rule)


def call(person: Person, method: str, rule: str, module: str, **options: dict[str, str]) -> tuple[int, str]:
    """Status and text of the answer to an empty request."""
    body: list[object] = [] if method == "GET" else [{}]
    status, answer = person.ask(module.split(".")[1], method, path_of(rule), *body, **options)
    return status, str(answer.get("error", "")) if isinstance(answer, dict) else ""


@pytest.mark.parametrize(("method", "rule", "module"), ROUTES)
def test_a_route_declares_its_permission(method: str, rule: str, module: str) -> None:
    assert isinstance(needed(method, rule, module), Permission | KeyPermission), "declare permission=Permission...."


def test_without_a_login_only_public_routes_answer(stack: Stack) -> None:
    set_up()
    for route in USERS:
        status, _ = call(Person(""), *route)
        assert (status != 401) == (needed(*route) is Permission.PUBLIC), route


@pytest.mark.parametrize("role", Role)
def test_a_role_reaches_what_it_may_and_nothing_else(stack: Stack, role: Role) -> None:
    admin = set_up()
    person = admin if role is Role.ADMIN else make_account(admin, "somebody", role)[0]
    allowed = permissions_of(role)
    for route in USERS:
        if route[1] in _NOT_CALLED or route[1].startswith("/api/auth/log") or route[1] == "/api/auth/sessions":
            continue
        _, text = call(person, *route)
        assert (text != DENIED) == (needed(*route) in allowed), route
    assert person.auth("GET", "me")[0] == 200


def test_a_key_reaches_every_group_within_its_scopes(stack: Stack) -> None:
    """One that another key made: its maker is looked up as well."""
    maker = {"Authorization": f"Bearer {set_up().make_key()}"}
    body = {"name": "child", "scopes": ["account"]}
    child = Person("").auth("POST", "api-keys", body, headers=maker)[1]["key"]
    for route in USERS:
        if needed(*route) is Permission.PUBLIC or route[1].startswith("/api/auth/"):
            continue
        assert call(Person(""), *route, headers={"Authorization": f"Bearer {child}"}) == (403, DENIED), route


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        (role, permission)
        for role in (Role.GUEST, Role.MEMBER)
        for permission in (
            Permission.WRITE_RULES, Permission.MANAGE_NOTIFICATIONS, Permission.READ_LOGS, Permission.USE_CONSOLE,
            Permission.CONTROL_SYSTEM, Permission.READ_METRICS, Permission.MANAGE_ACCOUNTS, Permission.WRITE_ARCHIVE,
        )
    ]
    + [(Role.GUEST, Permission.START_ITEMS), (Role.GUEST, Permission.WRITE_FILES), (Role.GUEST, Permission.WRITE_TASKS)],
)  # fmt: skip
def test_the_roles(role: Role, permission: Permission) -> None:
    assert permission not in permissions_of(role)
    assert permission in permissions_of(Role.ADMIN)


def test_members_read_presets_without_their_secrets(stack: Stack) -> None:
    admin = set_up()
    member, _ = make_account(admin, "somebody", "member")
    preset = {"name": "own", "cli": "--video-password secret"}
    id_ = admin.ask("presets", "POST", "/api/presets", preset)[1]["id"]
    assert "secret" in str(admin.ask("presets", "GET", f"/api/presets/{id_}"))
    status, body = member.ask("presets", "GET", f"/api/presets/{id_}")
    assert (status, "secret" in str(body)) == (200, False)


class TestProxy:
    """Users whom a trusted proxy names: accounts.md 7."""

    @pytest.fixture(autouse=True)
    def proxied(self, stack: Stack, configure: Callable[..., None]) -> None:
        configure(auth_proxy_header="Remote-User", trusted_proxies="127.0.0.1")

    def me(self, **headers: str) -> tuple[int, object]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        status, body = Person("").auth("GET", "me", headers=names)
        return status, (body["user"]["username"], body["user"]["role"]) if status == 200 else body["error"]

    def test_the_first_user_is_the_admin_and_others_are_members(self) -> None:
        assert self.me(Remote_User="ann") == (200, ("ann", "admin"))
        assert self.me(Remote_User="ANN") == (200, ("ann", "admin"))
        assert self.me(Remote_User="bob") == (200, ("bob", "member"))
        assert self.me() == (401, "Authorization Required.")

    def test_beside_a_user_of_the_settings_all_are_members(self, configure: Callable[..., None]) -> None:
        configure(auth_username="user", auth_password="word")
        assert self.me(Remote_User="ann") == (200, ("ann", "member"))
        assert self.me(Remote_User="User")[0] == 403

    def test_nobody_else_may_name_users(self, configure: Callable[..., None]) -> None:
        configure(trusted_proxies="192.0.2.1")
        assert self.me(Remote_User="ann") == (401, "Authorization Required.")

    def test_groups_say_the_role_and_who_may_not(self, configure: Callable[..., None]) -> None:
        configure(auth_proxy_groups_header="Remote-Groups", auth_admin_groups="ops", auth_guest_groups="kids,aunts")
        assert self.me(Remote_User="ann", Remote_Groups="staff, ops") == (200, ("ann", "admin"))
        assert self.me(Remote_User="ann", Remote_Groups="kids") == (200, ("ann", "guest"))
        assert self.me(Remote_User="ann", Remote_Groups="staff") == (403, "None of your groups may use this service.")

    def test_an_account_keeps_the_role_that_admins_gave_it(self, configure: Callable[..., None]) -> None:
        configure(auth_proxy_header="")
        admin = set_up()
        configure(auth_proxy_header="Remote-User")
        self.me(Remote_User="ann")
        [id_] = [item["id"] for item in admin.auth("GET", "accounts")[1]["items"] if item["username"] == "ann"]
        admin.auth("PATCH", f"accounts/{id_}", {"role": "guest"})
        assert self.me(Remote_User="ann") == (200, ("ann", "guest"))
        admin.auth("PATCH", f"accounts/{id_}", {"disabled": True})
        assert self.me(Remote_User="ann") == (403, "This account is disabled.")

    def test_a_name_that_none_can_have(self) -> None:
        status, text = self.me(Remote_User="a/b")
        assert (status, str(text)[:21]) == (400, "The proxy's user name")

    def test_pages_of_other_origins_do_not_use_it(self) -> None:
        headers = {"Remote-User": "ann", "Origin": "https://evil.example"}
        assert (
            Person("").ask("history", "POST", "/api/history", {"url": "https://a.example/"}, headers=headers)[0] == 401
        )
