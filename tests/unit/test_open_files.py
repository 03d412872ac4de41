"""The limit of open files is raised at the start, and inherited."""

import json
import resource
import subprocess
import sys
import textwrap

import pytest

_SCRIPT = textwrap.dedent("""
    import json, resource, subprocess, sys
    from local import open_files
    from local.gateway.connections import limits_of_machine
    soft, hard = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    raised = open_files.raise_limit()
    child = subprocess.run(["sh", "-c", "ulimit -n"], capture_output=True, text=True, check=True).stdout
    limits = limits_of_machine()
    print(json.dumps([raised, int(child), limits.connections, limits.connections_per_client]))
""")
_HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@pytest.mark.skipif(0 < _HARD < 4096, reason="this machine allows few open files")
@pytest.mark.parametrize(
    ("soft", "hard", "limit", "connections"),
    [(256, 4096, 4096, 1920), (1024, 1024, 1024, 384), (300, 300, 300, 64), (4096, 4096, 4096, 1920)],
)
def test_the_limit_is_raised_as_far_as_the_machine_allows(soft: int, hard: int, limit: int, connections: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [limit, limit, connections, connections // 2]
