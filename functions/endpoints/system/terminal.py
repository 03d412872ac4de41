"""The door of `/api/system/terminal` (docs/contract/system.md 5)."""

from collections.abc import Iterator

from flask import Response, request

from dlambda.deployment import current
from dlambda.domain.system.terminal import Command
from dlambda.entry.sse import Sent, Streams
from dlambda.errors import Forbidden, Invalid, Required, Unavailable
from dlambda.media.workers.terminal import Exit
from dlambda.usecases.operations.run_terminal import read_command, run

_streams = Streams(2)


def terminal() -> Response:
    """Streams what the command writes. Raises the documented texts before anything is run."""
    if not current().settings.console_enabled:
        raise Forbidden("Console feature is disabled.")
    if not current().settings.answers_stream:
        raise Forbidden("The console needs an answer that streams: use the deployment's TerminalUrl.")
    if not request.get_data().strip():
        raise Invalid("Request body is required.")
    body = request.get_json()
    if not isinstance(body, dict):
        raise Invalid("Invalid request payload.")
    text = body.get("command")
    if not isinstance(text, str) or not text.strip():
        raise Required("Command is required.")
    return _streams.open(_events(read_command(text)))


def _events(command: Command) -> Iterator[Sent | None]:
    output = run(command)
    try:
        for line in output:
            if isinstance(line, Exit):
                yield Sent("close", {"exitcode": line.code})
            else:
                yield Sent("output", {"type": line.source, "line": line.text}) if line else None
    except Unavailable as error:
        yield Sent("output", {"type": "stderr", "line": error.message})
        yield Sent("close", {"exitcode": -1})
    finally:
        output.close()
