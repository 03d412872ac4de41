"""Ends the WebSocket connections of an account at once (docs/contract/accounts.md 3)."""

import logging

from dlambda.aws import socket
from dlambda.store import connections

log = logging.getLogger(__name__)


def end_connections(account_id: str) -> None:
    """Closes them. One that cannot be closed hears nothing more, and what it says is ignored."""
    for connection_id in connections.remove_of_account(account_id):
        if not socket.is_served():
            continue
        try:
            socket.close(connection_id)
        except socket.PUSH_ERRORS:
            log.warning("The connection of an account could not be closed", exc_info=True)
