"""Which tests one process of `pytest -n` runs together, and what becomes of them when it dies."""

from functools import cached_property
from typing import Any

from xdist.scheduler import LoadFileScheduling

from tests.order import group_of, next_group


class ByServices(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """As `--dist loadfile`, but one process runs all files that share services.

    xdist would give the test that killed its process to the next one, and wait for ever for a process that was given a
    single test.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Test id -> its place in the collection, which xdist would search for each test."""
        return {test: number for number, test in enumerate(self.collection)}

    def _assign_work_unit(self, node: Any) -> None:
        scope = next_group(self.workqueue, int(node.gateway.id.removeprefix("gw")))
        unit = self.workqueue.pop(scope)
        self.assigned_work.setdefault(node, {})[scope] = unit
        node.send_runtest_some([self._numbers[test] for test, is_complete in unit.items() if not is_complete])

    def remove_node(self, node: Any) -> str | None:
        """Gives the tests that a process leaves to others; answers the one that it died of, which has failed."""
        workload = self.assigned_work.pop(node)
        left = {
            scope: {test: False for test, is_complete in tests.items() if not is_complete}
            for scope, tests in workload.items()
        }
        fatal = next((test for tests in left.values() for test in tests), None)
        if fatal is not None:
            for tests in left.values():
                tests.pop(fatal, None)
            self.workqueue.update({scope: tests for scope, tests in left.items() if tests})
            for other in self.nodes:
                self._reschedule(other)
        return fatal

    def _reschedule(self, node: Any) -> None:
        """A process begins a test when it knows the next one, or that there is none."""
        super()._reschedule(node)
        if not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            self._reschedule(node)
