"""Ports that are kept for the engines: local/engines.py."""

import socket

from tests.free_port import free_port


def bound(port: int) -> socket.socket:
    """As servers do it."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    return server


def test_a_port_is_given_to_one_alone() -> None:
    ports = [free_port() for _ in range(200)]
    others = [bound(0) for _ in range(200)]
    given = [*ports, *(each.getsockname()[1] for each in others)]
    for each in others:
        each.close()
    assert len(set(given)) == 400


def test_a_server_can_listen_on_it_again_and_again() -> None:
    port = free_port()
    for _ in range(2):
        with bound(port) as server:
            server.listen()
            with socket.create_connection(("127.0.0.1", port), 5):
                pass
