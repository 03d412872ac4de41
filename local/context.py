"""The context object that a function gets as its second argument."""

import time
import uuid

# On one machine a download has no time limit.
UNLIMITED_SECONDS = 10 * 365 * 24 * 3600


class Context:
    """As much of the Lambda context as the functions use."""

    def __init__(self, function_name: str, timeout_seconds: float) -> None:
        self.function_name = function_name
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = 0
        self.invoked_function_arn = f"arn:aws:lambda:local:000000000000:function:{function_name}"
        self.aws_request_id = str(uuid.uuid4())
        self._deadline = time.monotonic() + timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))
