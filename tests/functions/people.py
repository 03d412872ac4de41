"""People with accounts, who ask groups with their cookies or keys."""

import importlib
from collections.abc import Callable
from typing import Any

from tests.functions.calls import Answer, Client

PASSWORD = "a long word"
Group = Callable[[str], Client]


class Person:
    """Somebody with an account and a browser of its own, whose cookie goes to every group."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._clients: dict[str, Client] = {}
        self.cookie = ""

    def ask(self, module: str, method: str, path: str, *body: object, **options: Any) -> Answer:
        """Calls a group as this person's browser does."""
        if module not in self._clients:
            app = importlib.import_module(f"endpoints.{module}.main").app
            self._clients[module] = Client(app.test_client(use_cookies=False), module)
        headers = {"Cookie": f"ytp_session={self.cookie}"} if self.cookie else {}
        answer = self._clients[module].call(
            method, path, *body, headers=headers | options.pop("headers", {}), **options
        )
        for line in self._clients[module].last.headers.getlist("Set-Cookie"):
            if line.startswith("ytp_session="):
                self.cookie = line.partition("=")[2].partition(";")[0]
        return answer

    def auth(self, method: str, path: str, *body: object, **options: Any) -> Answer:
        """Calls `/api/auth/...`."""
        return self.ask("auth", method, f"/api/auth/{path}", *body, **options)

    @property
    def last(self) -> Any:
        """The whole last answer of the group `auth`."""
        return self.last_of("auth")

    def last_of(self, module: str) -> Any:
        """The whole last answer of a group."""
        return self._clients[module].last

    def sign_in(self, password: str = PASSWORD) -> "Person":
        status, body = self.auth("POST", "login", {"username": self.name, "password": password})
        assert status == 200, body
        return self

    def make_key(self, **fields: object) -> str:
        """The value of a new API key."""
        status, body = self.auth("POST", "api-keys", {"name": "script", **fields})
        assert status == 201, body
        return str(body["key"])


def set_up(name: str = "ada") -> Person:
    """The first account: an admin, signed in."""
    person = Person(name)
    status, body = person.auth("POST", "setup", {"username": name, "password": PASSWORD})
    assert status == 201, body
    return person


def make_account(admin: Person, name: str, role: str) -> tuple[Person, int]:
    """A further account, signed in, and its id."""
    status, body = admin.auth("POST", "accounts", {"username": name, "password": PASSWORD, "role": role})
    assert status == 201, body
    return Person(name).sign_in(), int(body["id"])
