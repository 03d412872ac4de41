"""One deployed stack for the tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import template
from tests.cloud.local_cloud import Cloud, Machine, deploy, engine
from tests.e2e.api import Api
from tests.e2e.credentials import PASSWORD, USER, basic

DOWNLOAD_SECONDS = 68
"""A download hands over when a minute of this is left."""

SETTINGS = "YTP_ALLOW_INTERNAL_URLS=true; YTP_INSTANCE_TITLE=A cloud; YTP_MAX_WORKERS=3"


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("cloud")
    tools = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or template.ROOT / ".tools" / "bin")
    parameters = {"AuthUsername": USER, "AuthPassword": PASSWORD, "Settings": SETTINGS, "Observability": "full"}
    machine = Machine(folder, tools, {"OnDownloadFunction": DOWNLOAD_SECONDS})
    with engine(folder) as running:
        yield deploy(running, machine, parameters)


@pytest.fixture
def api(cloud: Cloud) -> Api:
    """A client of the deployed HTTP API that has signed in."""
    return Api(cloud.http, {"Authorization": basic()})
