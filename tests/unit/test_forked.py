"""Forked processes: what they have of the process that forked them, and what not."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

_CODE = """
import json, os, signal, sys
from local.forked import Plan, fork

lock = open(os.devnull)
given = open(os.devnull)
signal.signal(signal.SIGTERM, lambda *_: None)

def main():
    print(json.dumps({
        "environ": dict(os.environ),
        "open": [number for number in range(3, 64) if os.path.exists(f"/proc/self/fd/{number}")],
        "command": open("/proc/self/cmdline").read().rstrip("\\0").split("\\0"),
        "stops": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        "read": sys.stdin.readline(),
    }))
    sys.exit(3)

with open(sys.argv[1], "w+b") as log:
    child = fork(Plan("local.part", main, {"ONE": "1"}, (given.fileno(),)), log)
    child.stdin.write(b"go\\n")
    child.stdin.flush()
    status = child.wait(120)
    log.seek(0)
    print(json.dumps([status, given.fileno(), json.load(log)]))
"""


def test_a_forked_process_has_what_it_was_given(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_CODE), str(tmp_path / "log")],
        capture_output=True, text=True, check=True, timeout=180, env={"PYTHONPATH": ":".join(sys.path), "OTHER": "x"},
    )  # fmt: skip
    status, given, seen = json.loads(done.stdout)
    assert status == 3
    assert seen["environ"] == {"ONE": "1"}
    assert seen["open"] == [given]
    assert seen["command"] == ["python", "-m", "local.part"]
    assert seen["stops"]
    assert seen["read"] == "go\n"
