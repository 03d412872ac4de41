"""Messages that wait, each group in turn (SQS' fair queues): many of one group do not keep the others waiting.

A group is up to three names with `#` between: whose messages they are, of which task, for which site. Next is who has
the fewest messages with receivers, of these the one who waits longest for a turn; there the task by the same rule, then
the site, and there the oldest message.
"""

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

_LEVELS: Final = 3


class _Grouped(Protocol):
    """A value with a group."""

    group: str


T = TypeVar("T", bound=_Grouped)


@dataclass(slots=True, eq=False)
class _Share(Generic[T]):
    """A group, or groups whose names begin alike. `served`: the number of its last turn."""

    waiting: int = 0
    under_way: int = 0
    served: int = 0
    parts: "dict[str, _Share[T]]" = field(default_factory=dict)
    messages: deque[T] = field(default_factory=deque)


class Turns(Generic[T]):
    """Messages of groups. What was taken counts as under way until `end`."""

    def __init__(self) -> None:
        self._all = _Share[T]()
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return self._all.waiting

    def put(self, message: T) -> None:
        """Adds a message behind those of its group."""
        share = self._all
        share.waiting += 1
        for name in _names(message):
            share = share.parts.setdefault(name, _Share())
            share.waiting += 1
        share.messages.append(message)

    def take(self) -> T | None:
        """The next message; None when none waits."""
        if not self._all.waiting:
            return None
        number, share = next(self._numbers), self._all
        path = [share]
        for _ in range(_LEVELS):
            waiting = (part for part in share.parts.values() if part.waiting)
            share = min(waiting, key=lambda part: (part.under_way, part.served))
            path.append(share)
        for part in path:
            part.waiting -= 1
            part.under_way += 1
            part.served = number
        return share.messages.popleft()

    def end(self, message: T) -> None:
        """Says that a message that was taken is with nobody any more."""
        self._end(self._all, _names(message))

    def _end(self, share: _Share[T], names: Sequence[str]) -> None:
        share.under_way -= 1
        if not names:
            return
        part = share.parts[names[0]]
        self._end(part, names[1:])
        if not (part.waiting or part.under_way):
            del share.parts[names[0]]


def _names(message: _Grouped) -> Sequence[str]:
    names = message.group.split("#", _LEVELS - 1)
    return [*names, *[""] * (_LEVELS - len(names))]
