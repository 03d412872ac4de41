"""A function called as the cloud calls it, with a time limit: `python -m tests.e2e.invocation FUNCTION SECONDS BODY`."""

import json
import subprocess
import sys
from importlib import import_module

from dlambda.domain.messages.queue_messages import Message
from local.context import Context
from tests.e2e.service import Service


def invoke(service: Service, function: str, seconds: float, message: Message) -> dict[str, object]:
    """What a queue's function answers to one message, in a process of its own beside the service's worker."""
    command = [sys.executable, "-m", "tests.e2e.invocation", function, str(seconds), message.to_json()]
    done = subprocess.run(
        command, env=service.environment_of_functions(), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def main() -> None:
    function, seconds, body = sys.argv[1:]
    handler = import_module(f"events.{function}.main").lambda_handler
    print(json.dumps(handler({"Records": [{"messageId": "m", "body": body}]}, Context(function, float(seconds)))))


if __name__ == "__main__":
    main()
