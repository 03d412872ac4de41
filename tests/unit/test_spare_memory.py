"""Memory that a process has freed goes back to the system when it rests."""

import subprocess
import sys

import pytest

# Blocks of the allocator's own kind (Python's have 512 bytes at most), each second one freed: no page of the heap's end is.
WORK = """
import sys, time
from local.spare_memory import give_back_at_rest

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

before = resident()
blocks = [bytes(3000 + number % 7) for number in range(20_000)]
spare = [blocks[number] for number in range(0, 20_000, 20)]
full = resident()
del blocks
if sys.argv[1] == "rests":
    give_back_at_rest(0.1)
end = time.monotonic() + 60
while resident() > before + (full - before) / 2 and time.monotonic() < end:
    if sys.argv[1] == "keeps":
        end = 0
    time.sleep(0.05)
print("free" if resident() <= before + (full - before) / 2 else "kept")
"""


@pytest.mark.parametrize(("way", "outcome"), [("keeps", "kept"), ("rests", "free")])
def test_what_was_freed_goes_back(way: str, outcome: str) -> None:
    run = subprocess.run([sys.executable, "-c", WORK, way], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == outcome
