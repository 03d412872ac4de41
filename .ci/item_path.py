"""The path of one item: functions of ours that get it, from the add's route to the wake-up that gives it a slot.

Adds a URL on the real engines and handles its message in this process. A function counts when an argument is the item,
its request, its id or its URL, or holds one of them. Left out are values (`domain`), properties, special methods, and
what lies below a request of the tables; `--values` lists the functions of the domain, too. A climb is a step to a
higher layer than that of the function before it.
"""

import argparse
import importlib
import json
import linecache
import logging
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from types import CodeType, FrameType

from dlambda.domain.items.item import Item
from dlambda.domain.items.request import Request
from dlambda.store import connections
from local.context import Context
from tests.origin import Origin
from tests.pushes import Pushes
from tests.stack import Stack, environment

_CODE = f"{Path(__file__).resolve().parent.parent / 'functions'}/"
_LAYERS = {"domain": 0, "store": 1, "aws": 1, "media": 1, "usecases": 2, "entry": 3, "endpoints": 4, "events": 4}
_BELOW_TABLES = frozenset(
    {
        "dlambda/engine_client.py",
        "dlambda/store/table.py",
        "dlambda/store/table_connection.py",
        "dlambda/store/usage.py",
    }
)
_DEEPEST, _MOST_PARTS = 4, 60
_TAKES_REST, _TAKES_OPTIONS = 0x04, 0x08  # flags of code objects


@dataclass(frozen=True, slots=True)
class Step:
    """A function on the path. `depth`: how many of ours were running when it was called first."""

    module: str
    function: str
    depth: int

    @property
    def layer(self) -> int:
        return _LAYERS.get(self.module.removeprefix("dlambda/").split("/")[0], 0)


@dataclass
class Recorder:
    """Notes each function that gets the item while it traces, at its first call. `marks`: the item's id and URL."""

    marks: set[str]
    steps: dict[tuple[str, str], Step] = field(default_factory=dict)
    _depth: int = 0

    @contextmanager
    def tracing(self) -> Iterator[None]:
        self._depth = 0
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(_CODE) or code.co_name.startswith("<"):
            return
        if event == "return":
            self._depth -= 1
        elif event == "call":
            module = code.co_filename.removeprefix(_CODE)
            key = (module, code.co_qualname)
            if key not in self.steps and _is_followed(module, code) and any(map(self._has_item, _arguments(frame))):
                self.steps[key] = Step(module, code.co_qualname, self._depth)
            self._depth += 1

    def _has_item(self, value: object, depth: int = 0) -> bool:
        if isinstance(value, (Item, Request)):
            return True
        if isinstance(value, str):
            return value in self.marks
        parts: Iterable[object] = ()
        if isinstance(value, Mapping):
            parts = value.values()
        elif isinstance(value, (list, tuple, set, frozenset)):
            parts = value
        elif names := getattr(type(value), "__dataclass_fields__", None):
            parts = (getattr(value, name, None) for name in names)
        return depth < _DEEPEST and any(self._has_item(part, depth + 1) for part in islice(parts, _MOST_PARTS))


def _is_followed(module: str, code: CodeType) -> bool:
    is_property = linecache.getline(code.co_filename, code.co_firstlineno).strip().startswith("@property")
    return module not in _BELOW_TABLES and not is_property and not code.co_name.startswith("__")


def _arguments(frame: FrameType) -> list[object]:
    code = frame.f_code
    rest = bool(code.co_flags & _TAKES_REST) + bool(code.co_flags & _TAKES_OPTIONS)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + rest]
    return [frame.f_locals.get(name) for name in names]


def follow(stack: Stack, url: str) -> tuple[Recorder, Recorder]:
    """Adds `url`, and does its intake: the paths of both."""
    client = importlib.import_module("endpoints.history.main").app.test_client()
    intake = importlib.import_module("events.on_intake.main").lambda_handler
    connections.add("c1", "sid-of-c1")  # who hears the events
    added, taken_in = Recorder({url}), Recorder({url})
    with added.tracing():
        answer = client.post("/api/history", json={"url": url})
    taken_in.marks.add(answer.get_json()[0]["_id"])
    for message in stack.messages("intake"):
        event = {"Records": [{"messageId": "m", "body": json.dumps(message)}]}
        with taken_in.tracing():
            intake(event, Context("on_intake", 600))
    assert stack.messages("download"), "no slot is given"
    return added, taken_in


def report(title: str, steps: Sequence[Step]) -> Iterator[str]:
    """The path, a line for each function, and its figures."""
    modules = {step.module for step in steps}
    climbs = sum(after.layer > before.layer for before, after in pairwise(steps))
    yield f"{title}: {len(steps)} functions in {len(modules)} modules, {climbs} climbs"
    least = min((step.depth for step in steps), default=0)
    yield from (f"  {'  ' * (step.depth - least)}{step.module}: {step.function}" for step in steps)


def main() -> None:
    parser = argparse.ArgumentParser(prog="item_path", description=__doc__)
    parser.add_argument("--values", action="store_true", help="with the functions of the domain")
    with_values = parser.parse_args().values
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, Pushes() as pushes, Origin() as origin:
        stack = Stack(Path(folder), pushes.endpoint)
        try:
            stack.start()
            with environment(stack.environ, stack.deployment):
                follow(stack, origin.url("path/clip-1.mp4"))  # what is done once a process is done then
                recorders = follow(stack, origin.url("path/clip-2.mp4"))
        finally:
            stack.stop()
    for title, recorder in zip(("add", "intake"), recorders, strict=True):
        steps = [step for step in recorder.steps.values() if with_values or step.layer]
        print(*report(title, steps), sep="\n")


if __name__ == "__main__":
    main()
