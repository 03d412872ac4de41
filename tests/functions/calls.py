"""How tests ask an HTTP group, and what they hear on the socket."""

from typing import TYPE_CHECKING, Any

from flask.testing import FlaskClient

from tests.functions.permissions import acting_as
from tests.pushes import Pushes

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

Answer = tuple[int, Any]
_NOTHING = object()


class Client:
    """Calls answer `(status, body)`; `last` is the whole answer."""

    def __init__(self, client: FlaskClient, module: str = "") -> None:
        self._client = client
        self._module = module
        self.last: TestResponse

    def call(self, method: str, path: str, body: object = _NOTHING, **options: Any) -> Answer:
        if body is not _NOTHING:
            options["json"] = body
        with acting_as(self._module):
            self.last = self._client.open(path, method=method, **options)
        return self.last.status_code, self.last.get_json(silent=True)

    def get(self, path: str, **query: object) -> Answer:
        return self.call("GET", path, query_string=query)

    def post(self, path: str, body: object = _NOTHING) -> Answer:
        return self.call("POST", path, body)

    def put(self, path: str, body: object = _NOTHING) -> Answer:
        return self.call("PUT", path, body)

    def delete(self, path: str, body: object = _NOTHING) -> Answer:
        return self.call("DELETE", path, body)

    def raw(self, method: str, path: str, body: bytes | str) -> Answer:
        """With a body that may be no JSON."""
        return self.call(method, path, data=body, content_type="application/json")


def error(answer: Answer) -> tuple[int, str]:
    """Status and text of a refusal."""
    return answer[0], answer[1]["error"]


class Heard:
    """The frames that one WebSocket client got."""

    def __init__(self, pushes: Pushes, connection_id: str) -> None:
        self._pushes = pushes
        self.connection_id = connection_id

    @property
    def frames(self) -> list[dict[str, Any]]:
        return self._pushes.to(self.connection_id)

    @property
    def names(self) -> list[str]:
        return [frame["event"] for frame in self.frames]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The `data` of all frames of that name."""
        return [frame["data"] for frame in self.frames if frame["event"] == name]
