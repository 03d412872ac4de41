"""Nudges: each client of a process sends them, also when two threads make the first one at once."""

import subprocess
import sys
from pathlib import Path

SENDS = """
import sys, threading
from botocore.stub import Stubber
from dlambda.aws import queue
from local import nudge

listener = nudge.listen(sys.argv[1])
listener.settimeout(60)
nudge.watch_sends()
together, clients = threading.Barrier(2), []

def first_client():
    together.wait()
    clients.append(queue.client())

threads = [threading.Thread(target=first_client) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for number, client in enumerate([*clients, queue.client()]):
    with Stubber(client) as stub:
        stub.add_response("send_message", {})
        client.send_message(QueueUrl=f"http://queues.invalid/0/queue-{number}", MessageBody="x")
    print(nudge.hear(listener))
"""


def test_a_nudge_follows_each_send_of_every_client_of_a_process(tmp_path: Path) -> None:
    path = str(tmp_path / "nudge")
    environ = {"AWS_DEFAULT_REGION": "x", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    sent = subprocess.run(
        [sys.executable, "-c", SENDS, path],
        env=environ | {"DLAMBDA_NUDGE_SOCKET": path, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert sent.stdout.split() == ["queue-0", "queue-1", "queue-2"]
