"""Fixtures that every kind of test may use."""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.deployment import current
from dlambda.store.usage import usage
from tests.clock import FakeClock
from tests.order import collection_order, folder_rank, group_of, seconds_by_group
from tests.origin import Origin
from tests.pushes import Pushes
from tests.stack import Stack, environment, forget, forget_settings

pytest_plugins = ["tests.functions.usage", "tests.large_bytes"]


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """What is collected stays until the end: the garbage collector need not look at its million objects."""
    gc.disable()
    _begin_elsewhere(session.config)
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _begin_elsewhere(config: pytest.Config) -> None:
    """For one of several processes that collect all tests."""
    process = getattr(config, "workerinput", None)  # of xdist
    if process and [Path(argument).resolve() for argument in config.args] == [Path(__file__).parent]:
        config.args = collection_order(int(process["workerid"].removeprefix("gw")), process["workercount"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: else one worker would end with a long file while the others have nothing left.

    The same in all processes, whatever they collected first.
    """
    seconds = seconds_by_group()

    def place(item: pytest.Item) -> tuple[int, int, str]:
        return folder_rank(item.nodeid), -seconds[group_of(item.nodeid)], item.nodeid.partition("::")[0]

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Our own order for `--dist loadfile`; xdist's for all others."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.scheduling import ByServices  # imports xdist, which a run of one process may be without

    return ByServices(config, log)


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    """A running media origin (tests/origin/routes.py lists its paths)."""
    with Origin() as running:
        yield running


@pytest.fixture(scope="session")
def management_api() -> Iterator[Pushes]:
    with Pushes() as running:
        yield running


@pytest.fixture(scope="session")
def engines(management_api: Pushes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Tables, media and queues in the real engines; they end with the session, or with this process."""
    running = Stack(tmp_path_factory.mktemp("data"), management_api.endpoint)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def _in_engines(engines: Stack) -> Iterator[Stack]:
    with environment(engines.environ, engines.deployment):
        yield engines
    engines.empty(whatever_was_touched=True)


@pytest.fixture
def stack(_in_engines: Stack, management_api: Pushes) -> Iterator[Stack]:
    """The real engines, empty, and this process set up for them."""
    management_api.reset()
    yield _in_engines
    measure = sys.modules.get("dlambda.usecases.events.measure")
    if measure and isinstance(metrics := measure.metrics(), measure.TableMetrics):
        usage().take()  # that would be a write after each test
        metrics.flush()  # what is counted goes to the table a while later, and the table goes with the module
    _in_engines.empty()


@pytest.fixture
def pushes(stack: Stack, management_api: Pushes) -> Pushes:
    """What WebSocket clients get."""
    return management_api


@pytest.fixture(autouse=True)
def _no_failures_before() -> Iterator[None]:
    """Wrong credentials of one test do not count in the next."""
    yield
    if attempts := sys.modules.get("dlambda.entry.attempts"):
        forget(attempts._attempts)


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """The deployment's clock stands still during the test, until somebody sleeps."""
    deployment = current()
    before, fake = deployment.clock, FakeClock(time.time())
    deployment.clock = fake
    yield fake
    deployment.clock = before


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    """`configure(max_workers=2)` sets `YTP_MAX_WORKERS` for the rest of the test."""
    with pytest.MonkeyPatch.context() as patch:

        def change(**settings: object) -> None:
            for name, value in settings.items():
                patch.setenv(f"YTP_{name.upper()}", str(value))
            forget_settings()

        yield change
    forget_settings()
