"""Starts programs in a sandbox: the one place of the service that starts a process for what strangers sent.

Landlock and seccomp bind the thread that calls them and whatever it starts. So a thread of its own takes the rules,
starts the program and ends; the process that asks stays free, and no code runs between fork and exec.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlambda.media.sandbox import limits, processes
from dlambda.media.sandbox.broker import Broker
from dlambda.media.sandbox.enter import protect_parent, restrict
from dlambda.media.sandbox.environment import python_environment, tool_environment
from dlambda.media.sandbox.policy import Policy

_TICK_SECONDS: Final = 0.1


class _Start(threading.Thread):
    """Takes the rules of `policy` and starts one program, which cannot start another."""

    def __init__(self, command: Sequence[str], policy: Policy, options: Mapping[str, Any]) -> None:
        super().__init__(name="sandbox-start", daemon=True)
        self._command = command
        self._policy = policy
        self._options = options
        self._listening = threading.Event()
        self._listener: int | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            if self._policy.uses_kernel:
                self._listener = restrict(self._policy, [], keeps_session=False)
            self._listening.set()
            self.process = subprocess.Popen(self._command, **self._options)
        except BaseException as failure:  # noqa: BLE001 the thread that waits for it raises it
            self.failure = failure
        finally:
            self._listening.set()

    def allow_program(self) -> None:
        """Answers the kernel's question for the program itself. Without a listener later questions fail."""
        self._listening.wait()
        if self._listener is None:
            return
        try:
            if self.failure is None and (number := processes.receive(self._listener)) is not None:
                processes.answer(self._listener, number, allow=True)
        finally:
            os.close(self._listener)


def start(command: Sequence[str], policy: Policy, **options: Any) -> subprocess.Popen[bytes]:
    """Starts a media tool with the rights of `policy`, in a session of its own. `options` are those of `Popen`.

    Raises OSError when it cannot be started.
    """
    protect_parent()
    defaults = {"stdin": subprocess.DEVNULL, "start_new_session": True, "env": tool_environment()}
    starting = _Start(command, policy, defaults | options)
    starting.start()
    starting.allow_program()
    starting.join()
    if starting.failure is not None:
        raise starting.failure
    assert starting.process is not None
    with contextlib.suppress(ProcessLookupError):  # it may have ended
        limits.apply(limits.Limits(policy.memory_bytes), starting.process.pid)
    return starting.process


def run(
    command: Sequence[str], policy: Policy, *, seconds: float, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Starts `command` like `start` and waits for its end. Raises `TimeoutExpired` after killing it."""
    return _finish(start(command, policy, **options), None, seconds)


def start_python(module: str, policy: Policy, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Starts `python -m module`, which calls `enter_program` before it reads anything, in a session of its own."""
    protect_parent()
    broker = Broker(policy)
    try:
        descriptor = broker.theirs.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, str(descriptor)],
            env=python_environment(),
            pass_fds=[descriptor, *options.pop("pass_fds", ())],
            start_new_session=True,
            **options,
        )
        broker.send_policy()
    except BaseException:
        broker.close()
        raise
    broker.start(process.pid)
    return process


def run_python(
    module: str, policy: Policy, *arguments: str, input: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Starts `python -m module` like `start_python`, gives it `input` and waits for its end.

    Raises `TimeoutExpired` after killing it.
    """
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return _finish(start_python(module, policy, *arguments, **pipes), input, seconds)


def _finish(
    process: subprocess.Popen[bytes], input: bytes | None, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    with process:
        try:
            output, errors = process.communicate(input, timeout=seconds)
        except BaseException:
            kill(process)
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that `start` started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
