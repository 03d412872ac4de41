"""Places in the threads of a pool: fair among clients, refused when full."""

import asyncio

import pytest

from local.gateway.pace import Pace
from local.gateway.pools import Full, Places, Pool
from local.gateway.shares import Shares, client_of

SMALL = Pool("small", 4, 2, 4)


class Visitors:
    """Clients that hold a place until they are let go."""

    def __init__(self, pool: Pool = SMALL) -> None:
        self.places = Places(pool)
        self.inside: list[str] = []
        self.refused: list[str] = []
        self._tasks: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            leaves = asyncio.Event()
            self._tasks[name] = asyncio.ensure_future(self._visit(name, leaves)), leaves
        await asyncio.sleep(0)

    async def _visit(self, name: str, leaves: asyncio.Event) -> None:
        try:
            async with self.places.place(name[0]):
                self.inside.append(name)
                await leaves.wait()
        except Full:
            self.refused.append(name)
        finally:
            if name in self.inside:
                self.inside.remove(name)

    async def go(self, *names: str) -> None:
        for name in names:
            self._tasks[name][1].set()
        for _ in range(4):
            await asyncio.sleep(0)

    async def cancel(self, name: str) -> None:
        self._tasks[name][0].cancel()
        for _ in range(4):
            await asyncio.sleep(0)


def test_one_client_has_its_part_and_another_comes_in_at_once():
    async def run():
        visitors = Visitors()
        await visitors.come("a1", "a2", "a3", "b1")
        assert visitors.inside == ["a1", "a2", "b1"]
        await visitors.go("a1")
        assert visitors.inside == ["a2", "b1", "a3"]
        await visitors.go("a2", "a3", "b1")

    asyncio.run(run())


def test_waiting_clients_come_in_in_turn():
    async def run():
        visitors = Visitors(Pool("one", 1, 1, 8))
        await visitors.come("a1", "a2", "a3", "a4", "b1", "c1")
        order = []
        while visitors.inside:
            order += visitors.inside
            await visitors.go(visitors.inside[0])
        assert order == ["a1", "a2", "b1", "c1", "a3", "a4"]

    asyncio.run(run())


def test_too_many_are_refused_and_one_client_cannot_take_all_waiting_places():
    async def run():
        visitors = Visitors()
        await visitors.come(*(f"a{number}" for number in range(9)))
        assert visitors.refused == ["a4", "a5", "a6", "a7", "a8"]
        await visitors.come("b1", "b2", "b3", "b4", "c1", "c2")
        assert visitors.refused[5:] == ["c1", "c2"]
        await visitors.go(*(f"a{number}" for number in range(4)), "b1", "b2", "b3", "b4")
        await visitors.come("c3")
        assert visitors.inside == ["c3"]
        await visitors.go("c3")

    asyncio.run(run())


def test_no_waiting_places():
    async def run():
        visitors = Visitors(Pool("none", 2, 1, 0))
        await visitors.come("a1", "a2", "b1", "c1")
        assert (visitors.inside, visitors.refused) == (["a1", "b1"], ["a2", "c1"])
        await visitors.go("a1", "b1")

    asyncio.run(run())


def test_one_that_gives_up_waiting_leaves_its_place_to_the_next():
    async def run():
        visitors = Visitors(Pool("one", 1, 1, 8))
        await visitors.come("a1", "a2", "b1")
        await visitors.cancel("a2")
        await visitors.go("a1")
        assert visitors.inside == ["b1"]
        await visitors.cancel("b1")
        await visitors.come("c1")
        assert visitors.inside == ["c1"]
        await visitors.go("c1")

    asyncio.run(run())


def test_shares():
    shares = Shares(10, 6)
    assert shares.take("a", 6)
    assert not shares.take("a")
    assert not shares.take("b", 5)
    assert shares.take("b", 4)
    assert not shares.take("c")
    shares.give_back("a", 6)
    assert (shares.take("c", 6), shares.of("a"), shares.taken) == (True, 0, 10)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_who_counts_as_one_client(address, client):
    assert client_of(address) == client


def test_a_pace():
    pace = Pace(10, burst=2)
    assert [round(pace.delay("a", 0), 3) for _ in range(4)] == [0, 0, 0.1, 0.2]
    assert pace.delay("b", 0) == 0
    assert round(pace.delay("a", 0.45), 3) == 0
