"""Fixtures that every kind of test may use."""

from collections.abc import Iterator

import pytest

from tests.origin import Origin


@pytest.fixture(scope="session")
def origin() -> Iterator[Origin]:
    """A running media origin (tests/origin/routes.py lists its paths)."""
    with Origin() as running:
        yield running
