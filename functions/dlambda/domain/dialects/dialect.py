"""A dialect: how another server of the same API answers, as pure functions on what this one answers.

The published document answers at the plain root; `docs/contract/dialects.md` has the table of what differs below
`/<name>`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from dlambda.domain.events.event import Event

T = TypeVar("T")
Frame = dict[str, Any]
_PARAMETER: Final = re.compile(r"<path>|<\w+>")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `path` lies below the base path and the dialect's name."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer; `body` is None where there is none."""

    status: int
    body: Any = None


TranslateAnswer = Callable[[Asked, Answer], Answer]
TranslateQuery = Callable[[Mapping[str, str]], Mapping[str, str]]


class Routes(Generic[T]):
    """Values by routes such as `GET /api/history/<id>`. `<path>` stands for several parts; plain routes come first."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._plain = {route: value for route, value in values.items() if "<" not in route}
        self._patterns = [(_pattern(route), value) for route, value in values.items() if "<" in route]

    def find(self, method: str, path: str) -> T | None:
        """Finds the value of a request; HEAD is GET, and a slash at the end does not count."""
        line = f"{'GET' if method == 'HEAD' else method} {path.rstrip('/')}"
        if line in self._plain:
            return self._plain[line]
        return next((value for pattern, value in self._patterns if pattern.fullmatch(line)), None)


def _pattern(route: str) -> re.Pattern[str]:
    texts = _PARAMETER.split(route)
    parameters = [".+" if name == "<path>" else "[^/]+" for name in _PARAMETER.findall(route)]
    pairs = zip(texts, [*parameters, ""], strict=True)
    return re.compile("".join(re.escape(text) + parameter for text, parameter in pairs))


@dataclass(frozen=True)
class Dialect:
    """A server's way to answer. `open_routes` need no login there; `queries` may refuse by raising `AppError`.

    `errors` translates what `answers` left with a status of 400 or more.
    """

    name: str
    queries: Routes[TranslateQuery]
    answers: Routes[TranslateAnswer]
    errors: TranslateAnswer
    events: Callable[[Event], Sequence[Frame]]
    open_routes: frozenset[str] = frozenset()

    def translate(self, asked: Asked, answer: Answer) -> Answer:
        """Says an answer of the root as this server says it."""
        translate = self.answers.find(asked.method, asked.path)
        translated = translate(asked, answer) if translate else answer
        return self.errors(asked, translated) if translated.status >= 400 else translated

    def changes(self, method: str, path: str, status: int) -> bool:
        """True if the answer may differ from the root's: all others need not be read."""
        return status >= 400 or self.answers.find(method, path) is not None
