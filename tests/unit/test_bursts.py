"""Which parts of files the gateway's loop sends by itself."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.gateway.bursts import Slice, burst, is_at_hand, open_sender, room_in

MEGABYTE = 1024 * 1024


@pytest.fixture
def film(tmp_path: Path) -> Iterator[int]:
    """The descriptor of a file of 5 MB that was just written."""
    path = tmp_path / "film"
    path.write_bytes(os.urandom(MEGABYTE) * 5)
    descriptor = os.open(path, os.O_RDWR)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a TCP connection; the first waits for nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = socket.create_connection(server.getsockname())
        here, _ = server.accept()
    here.setblocking(False)
    yield here, there
    here.close()
    there.close()


@pytest.mark.parametrize(
    ("offset", "size", "expected"),
    [
        (0, 1, True),
        (0, 4 * MEGABYTE, True),
        (4 * MEGABYTE, MEGABYTE, True),
        (0, 4 * MEGABYTE + 1, False),
        (4 * MEGABYTE, MEGABYTE + 1, False),
        (6 * MEGABYTE, 1, False),
    ],
)
def test_what_is_small_and_in_memory_is_at_hand(film: int, offset: int, size: int, expected: bool) -> None:
    assert is_at_hand(Slice(film, offset, size)) is expected


@pytest.mark.parametrize(("offset", "size"), [(0, 5 * MEGABYTE), (1, 5 * MEGABYTE - 1), (4097, MEGABYTE), (5, 1000)])
def test_a_burst_sends_what_the_client_takes_and_no_more(
    film: int, ends: tuple[socket.socket, socket.socket], offset: int, size: int
) -> None:
    here, there = ends
    part, received = Slice(film, offset, size), b""
    with room_in(here):
        while part.size:
            sent, goes_on = burst(here, part, waits=False)
            assert goes_on
            part = part.after(sent)
            received += there.recv(sent, socket.MSG_WAITALL) if sent else b""
    assert received == os.pread(film, size, offset)


def test_a_file_that_is_cut_while_it_is_sent_ends_nobody_else(
    film: int, ends: tuple[socket.socket, socket.socket]
) -> None:
    """A page of it that is mapped and gone would end a process that looks at it; the kernel says so."""
    here, _ = ends
    part = Slice(film, 0, 5 * MEGABYTE)
    with open_sender(here, part, part.size) as send:
        os.truncate(film, 0)
        with pytest.raises(OSError, match="Bad address"):
            send(0, part.size)


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("size", [MEGABYTE, 5 * MEGABYTE])
def test_a_client_that_is_gone_ends_it(
    film: int, ends: tuple[socket.socket, socket.socket], waits: bool, size: int
) -> None:
    here, there = ends
    there.close()
    part = Slice(film, 0, size)
    goes_on = True
    for _ in range(100):
        sent, goes_on = burst(here, part, waits=waits)
        part = part.after(sent)
        if not goes_on:
            break
    assert not goes_on


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("size", [1, 5 * MEGABYTE])
def test_a_file_that_has_become_shorter_is_an_error(
    film: int, ends: tuple[socket.socket, socket.socket], waits: bool, size: int
) -> None:
    with pytest.raises(OSError, match="shorter"):
        burst(ends[0], Slice(film, 5 * MEGABYTE, size), waits=waits)
