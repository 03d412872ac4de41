"""Long histories at once: the rows that the store would have written, sent in bulk.

`python -m tests.store.seeding FIRST COUNT` does it in the environment of a running service's functions.
"""

import json
import sys
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.store.items import catalogue, item_rows, journal, nodes, record_numbers
from dlambda.store.items.entry import LEAF_PLACES, net
from dlambda.store.table import Row, Transaction
from local.engines import SocketConnection

_WRITE = 25
_WRITERS = 4
_LEAVES_AT_ONCE = 90
_HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
    "X-Amz-Date": "20200101T000000Z",
    "Authorization": (
        "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    ),
}
_STATUSES = (Status.FINISHED,) * 7 + (Status.ERROR, Status.CANCELLED, Status.SKIP)
_EPOCH = 1_767_261_600  # seconds


def history(first: int, count: int) -> list[Item]:
    """Items of a history, numbered from `first`."""
    return [
        Item(
            id=str(uuid.UUID(int=number + 1, version=4)),
            url=f"https://video.example/watch?v={number:011d}",
            posted_url=f"https://video.example/watch?v={number:011d}",
            title=f"Seeded item number {number}",
            preset="default",
            timestamp=(_EPOCH + number) * 1_000_000_000,
            stored_at=float(_EPOCH + number),
            status=_STATUSES[number % len(_STATUSES)],
            source_id=f"{number:011d}",
            description="What it is about, in a sentence or two, as descriptions tend to be. " * 3,
            folder="seeded",
            filename=f"Seeded item number {number}.mp4",
            file_size=2_074_069,
            download_dir="/downloads/seeded",
            extras={"duration": 10, "is_video": True, "is_audio": True, "is_premiere": False},
            extracted=True,
        )
        for number in range(first, first + count)
    ]


def seed(made: Sequence[Item], *, only: Collection[str] | None = None) -> None:
    """Enters history items that are not there yet. `only`: the ids whose own rows are written, where few are read.

    Nobody else may write meanwhile.
    """
    start, _ = record_numbers.reserve_places(Shelf.DONE, len(made))
    placed = [item.evolve(seq=start + step, version=1) for step, item in enumerate(made)]
    shown = [item for item in placed if only is None or item.id in only]
    with ThreadPoolExecutor(_WRITERS) as pool:
        batches = _batches(request for item in shown for request in _rows_of(item))
        for _ in pool.map(_write, batches):
            pass
    _count(placed)


def _rows_of(item: Item) -> Iterator[tuple[str, dict[str, Any]]]:
    yield _request(item_rows.row_of(item))
    for url in sorted(item.urls):
        yield _request(item_rows.UrlRow(item_rows.hash_of(url), item_id=item.id))


def _request(row: Row) -> tuple[str, dict[str, Any]]:
    return row._get_connection().table_name, {"PutRequest": {"Item": _attributes(row)}}


def _attributes(row: Row) -> dict[str, Any]:
    import base64

    found: dict[str, Any] = {}
    for name, value in row.serialize().items():
        kind, content = next(iter(value.items()))
        found[name] = {kind: base64.b64encode(content).decode() if isinstance(content, bytes) else content}
    return found


def _batches(requests: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[dict[str, list[dict[str, Any]]]]:
    rest = iter(requests)
    while some := list(islice(rest, _WRITE)):
        by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for table, request in some:
            by_table[table].append(request)
        yield by_table


def _write(batch: dict[str, list[dict[str, Any]]]) -> None:
    """Without a client in between, which would take longer than the engine."""
    link = SocketConnection(current().settings.tables_socket, 60)
    try:
        link.request("POST", "/", json.dumps({"RequestItems": batch}), _HEADERS)
        answer = link.getresponse()
        body = answer.read()
        assert answer.status == 200, body[:500]
    finally:
        link.close()
    assert not json.loads(body).get("UnprocessedItems")


def _count(placed: Sequence[Item]) -> None:
    """The lists' nodes, as many leaves at a time as a transaction takes."""
    size = LEAF_PLACES * _LEAVES_AT_ONCE
    if journal.FOLD not in journal.read()[1]:
        journal.begin()
    for start in range(0, len(placed), size):
        entries = net([((), [entry for item in placed[start : start + size] for entry in item_rows.entries_of(item)])])
        transaction = Transaction()
        now, _ = journal.read()
        fold = journal.put_fold(transaction, now, now.folded, now.folded_lanes)
        catalogue.change(transaction, entries, nodes.read([*{entry.leaf_node for entry in entries}]), fold)
        transaction.commit()


def main() -> None:
    """Seeds what the command line asks for."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    seed(history(first, count))


if __name__ == "__main__":
    main()
