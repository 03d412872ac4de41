"""The lab: one in each process that runs tests of this folder (`tests/scheduling.py`). Without root they are skipped."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.security.attempts import Batch
from tests.security.lab import Lab, Unavailable, guarded_api


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The network of the attempts."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("the attempts of the security review need Linux and root: they make a network namespace")
    with ExitStack() as stack:
        try:
            running = stack.enter_context(Lab(tmp_path_factory.mktemp("lab")))
        except Unavailable as reason:
            pytest.skip(f"the attempts of the security review need a network namespace, refused here: {reason}")
        yield running


@pytest.fixture(autouse=True)
def _inside(lab: Lab) -> Iterator[None]:
    """Every test's connections are made in that network."""
    with lab.inside():
        yield


@pytest.fixture(scope="session")
def service(lab: Lab) -> Service:
    """Without a password; console and file actions on."""
    with lab.inside():
        return lab.open_service()


@pytest.fixture
def api(service: Service) -> Api:
    """A client of that service."""
    return service.api


@pytest.fixture(scope="session")
def guarded(lab: Lab) -> Service:
    """With a password, on all addresses."""
    with lab.inside():
        return lab.guarded_service()


@pytest.fixture
def guarded_client(guarded: Service) -> Api:
    """A client of that service, with the password."""
    return guarded_api(guarded)


@pytest.fixture(scope="module")
def batch(lab: Lab, service: Service, request: pytest.FixtureRequest) -> Batch:
    """The attempts of the module's table `ATTEMPTS`, all of them posted."""
    short = request.module.__name__.rpartition("test_")[2].replace("_", "")
    with lab.inside():
        lab.put_library_film(service)
        return Batch(lab, service, short).post_all(request.module.ATTEMPTS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows what the service printed last."""
    report = yield
    running = getattr(item, "funcargs", {}).get("service")
    if report.when == "call" and report.failed and isinstance(running, Service):
        report.sections.append(("service log", running.log_tail()))
    return report
