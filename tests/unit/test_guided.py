"""How a process of one machine ends (local/guided.py)."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from local.guided import Stopping
from tests.patience import PATIENCE_SECONDS

_MANY_SIGNALS = """
import os, signal, sys, threading
from local.guided import Stopping

sys.setswitchinterval(1e-6)
stopping = Stopping()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
is_over = threading.Event()

def send():
    while not is_over.is_set():
        os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=send, daemon=True).start()
for _ in range(100_000):
    stopping.set()
is_over.set()
assert stopping.wait()
os._exit(0)
"""


def test_a_signal_in_the_middle_of_another_one_ends_the_process() -> None:
    root = Path(__file__).parents[2]
    environ = os.environ | {"PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", _MANY_SIGNALS], cwd=root, env=environ, timeout=60, check=True)


def test_all_threads_that_wait_go_on() -> None:
    stopping = Stopping()
    threads = [threading.Thread(target=stopping.wait, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert not stopping.wait(0.01)
    assert not stopping.is_set()
    stopping.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    assert stopping.wait()
    assert stopping.is_set()
