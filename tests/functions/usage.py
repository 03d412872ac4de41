"""After a whole run: no function may do what none of its tests made it do. The other direction of `permissions`.

A pytest plugin: what is allowed and never used is known only when all tests have run, in all of pytest's workers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.permissions import RIGHTS, called
from tests.functions.rights import Rights

_HERE = Path(__file__).parent
_GATE = "not nightly"
"""The marker expression of `make test` (`addopts`), which leaves out no kind of call."""
Call = tuple[str, str, str]  # module, action, resource


def unused(calls: set[Call], rights: Rights = RIGHTS) -> list[str]:
    """What a template allows and `calls` lack, a line each.

    Of a function's own statements every permission is to be used; of the policies that functions share, each permission
    by one of those that have it, and each statement by all of them.
    """
    made = calls | {(module, action, resource.partition("#")[0]) for module, action, resource in calls}
    return sorted({" ".join(call) for call in _lacking(made, rights)})


def _lacking(made: set[Call], rights: Rights) -> Iterator[Call]:
    for module in rights.functions:
        for policy, statements in rights.policies(module).items():
            for grants in (set(rights.granted(statement)) for statement in statements):
                missing = {each for each in grants if (module, *each) not in made}
                if not policy or missing == grants:
                    yield from ((module, *each) for each in missing)
    for policy, holders in _shared(rights).items():
        grants = {each for statement in rights.policies(holders[0])[policy] for each in rights.granted(statement)}
        missing = {each for each in grants if not any((holder, *each) in made for holder in holders)}
        yield from ((policy, *each) for each in missing)


def _shared(rights: Rights) -> dict[str, list[str]]:
    """Policy -> the modules of the functions that have it."""
    found: dict[str, list[str]] = {}
    for module in rights.functions:
        for policy in rights.policies(module):
            if policy:
                found.setdefault(policy, []).append(module)
    return found


class Usage:
    """What the functions did in this session; in the controller of several workers, what they did in all of them."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.from_workers: set[Call] = set()
        self.problems: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.files.add(Path(report.nodeid.partition("::")[0]).name)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.from_workers |= {tuple(each) for each in getattr(node, "workeroutput", {}).get("called", ())}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        config = session.config
        if hasattr(config, "workeroutput"):
            config.workeroutput["called"] = sorted(called)
        elif exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and self._is_whole(config):
            self.problems = unused(called | self.from_workers)
            if self.problems:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _is_whole(self, config: pytest.Config) -> bool:
        everything = {path.name for path in _HERE.glob("test_*.py")}
        is_filtered = config.option.keyword or config.option.markexpr not in ("", _GATE)
        return not is_filtered and everything <= self.files

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.problems:
            terminalreporter.section("Allowed by template.yaml, and used by no test")
            for problem in self.problems:
                terminalreporter.write_line(problem)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Usage())
