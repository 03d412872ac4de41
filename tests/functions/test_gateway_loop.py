"""The gateway's event loop serves everybody, so it waits for no table."""

import asyncio
from typing import Any

from dlambda.deployment import current
from dlambda.store.table_connection import connection
from dlambda.usecases.accounts.login_need import is_remembered, look_again
from local.gateway.asgi import Message
from local.gateway.process import Gateway
from tests.stack import Stack


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def test_whether_a_login_is_needed_is_asked_in_a_thread(stack: Stack) -> None:
    nobody: Any = None
    gateway = Gateway(current().settings, nobody, nobody, nobody)
    scope = {
        "type": "websocket",
        "path": "/elsewhere",
        "raw_path": b"/elsewhere",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    answers: list[Message] = []
    askers: list[bool] = []

    async def send(message: Message) -> None:
        answers.append(message)

    def note(**_: object) -> None:
        askers.append(_is_in_loop())

    events = connection().client.meta.events
    events.register("before-call.dynamodb", note)
    try:
        look_again()
        for _ in range(2):
            asyncio.run(gateway(scope, nobody, send))
            assert is_remembered()
    finally:
        events.unregister("before-call.dynamodb", note)
    assert answers == [{"type": "websocket.close"}] * 2
    assert askers == [False]
