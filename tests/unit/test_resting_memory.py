"""What the processes of one machine do not load before somebody needs it (docs/decisions/one-machine-memory.md)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_SUPERVISOR = "import local.supervisor"
_SHARED = """
import importlib
from dlambda import deployment
from local import supervisor, template
for name in (*supervisor._GATEWAY_MODULES, *supervisor._WORKER_MODULES):
    importlib.import_module(name)
assert deployment._current is None, "it would have the supervisor's environment"
"""
_GATEWAY = f"""{_SHARED}
import local.gateway.functions
local.gateway.functions.Functions(template.read().routes)._load_early()
"""
_WORKER = f"""{_SHARED}
import local.worker
for consumer in template.read().consumers:
    if consumer.queue in local.worker._EARLY_QUEUES:
        local.worker.handler_of(consumer.function)
for function in template.read().scheduled:
    local.worker.handler_of(function)
"""
# A stand-in for a module of botocore has no specification.
_SHOW = """
import json, sys
print(json.dumps([name for name, module in sys.modules.items() if getattr(module, "__spec__", None)]))
"""
# Each weighs a megabyte at least, or brings one along.
_HEAVY = (
    "argon2", "av", "boto3", "botocore.client", "botocore.config", "botocore.hooks", "botocore.session", "cryptography",
    "joserfc", "lxml", "PIL", "regex", "requests", "urllib3", "yt_dlp",
)  # fmt: skip
_OF_OTHERS = ("asyncio", "flask", "pynamodb", "uvicorn", "dlambda.store")


def _run(code: str, folder: Path) -> str:
    environ = {"PYTHONPATH": ":".join(sys.path), "YTP_CONFIG_PATH": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (_SUPERVISOR, (*_HEAVY, *_OF_OTHERS)),
        (_GATEWAY, _HEAVY),
        (_WORKER, _HEAVY),
        ("import endpoints.tasks.main", ("lxml", "parsel", "regex")),  # until a page is read by a definition
    ],
    ids=["supervisor", "gateway", "worker", "tasks"],
)
def test_a_process_at_rest_has_not_loaded(code: str, absent: tuple[str, ...], tmp_path: Path) -> None:
    assert set(absent) & set(json.loads(_run(code + _SHOW, tmp_path))) == set()


def test_whoever_asks_for_botocore_gets_it(tmp_path: Path) -> None:
    code = """
import dlambda.store
import botocore.session
from botocore.client import BaseClient, ClientError
from botocore.config import Config
from botocore.exceptions import ClientError as Real
print(botocore.session.Session.__module__, BaseClient.__module__, Config.__module__, ClientError is Real)
"""
    assert _run(code, tmp_path).split() == ["botocore.session", "botocore.client", "botocore.config", "True"]
