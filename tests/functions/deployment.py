"""A deployment of its own on the engines of this session: settings of the cloud, nothing remembered from other tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.functions.permissions import watched
from tests.stack import Stack, new_deployment

_PLACES = frozenset(
    {
        "DLAMBDA_BUCKET", "DLAMBDA_QUEUES_SOCKET", "DLAMBDA_QUEUE_PREFIX", "DLAMBDA_SECRET_KEY", "DLAMBDA_SOCKET_ENDPOINT",
        "DLAMBDA_TABLES_SOCKET", "DLAMBDA_TABLE_PREFIX",
    }
)  # fmt: skip


@contextmanager
def deployment(engines: Stack, patch: pytest.MonkeyPatch, **settings: str) -> Iterator[None]:
    """Everything in it is empty at the end. Fails for what a function did and the template's policies do not allow.

    `settings` are environment variables beside those that say where the engines are.
    """
    for name in [name for name in os.environ if name.startswith(("AWS_", "YTP_", "DLAMBDA_"))]:
        patch.delenv(name)
    places = {name: value for name, value in engines.environ.items() if name.startswith("AWS_") or name in _PLACES}
    for name, value in (places | settings).items():
        patch.setenv(name, value)
    try:
        with new_deployment():
            with watched() as found:
                yield
            assert found == set(), "the template's policies do not allow it"
    finally:
        engines.empty()
