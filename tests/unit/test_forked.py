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


_TOGETHER = """
import json, os, sys
from local.forked import Plan, fork_together
from local.processes import adopt_orphans

loads = []

def load():
    loads.append(os.getpid())
    if sys.argv[1] == "breaks":
        raise ValueError("no such module")

def main(name):
    print(json.dumps({"name": name, "loads": len(loads), "parent": os.getppid(), "read": sys.stdin.readline()}))

adopt_orphans()
names = ("one", "two")
logs = [open(os.path.join(sys.argv[2], name), "w+b") for name in names]
plans = [Plan(f"local.{name}", lambda name=name: main(name), {}) for name in names]
children = fork_together(load, list(zip(plans, logs)))()
for child in children:
    child.stdin.write(b"go\\n")
    child.stdin.flush()
print(json.dumps({"here": len(loads), "pid": os.getpid(), "ends": [child.wait(120) for child in children]}))
"""


def _fork_together(way: str, folder: Path) -> tuple[dict[str, object], list[str]]:
    """What the process that starts two says, and the logs of the two."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_TOGETHER), way, str(folder)],
        capture_output=True, text=True, check=True, timeout=180, env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    return json.loads(done.stdout), [(folder / name).read_text() for name in ("one", "two")]


def test_processes_that_start_together_share_what_was_loaded_for_them(tmp_path: Path) -> None:
    starter, logs = _fork_together("loads", tmp_path)
    assert (starter["here"], starter["ends"]) == (0, [0, 0])
    assert [json.loads(log) for log in logs] == [
        {"name": name, "loads": 1, "parent": starter["pid"], "read": "go\n"} for name in ("one", "two")
    ]


def test_what_cannot_be_loaded_stands_in_the_first_log(tmp_path: Path) -> None:
    starter, logs = _fork_together("breaks", tmp_path)
    assert starter["ends"] == []
    assert "ValueError: no such module" in logs[0]
