"""Fills the history of a running service with finished, failed and cancelled items, through the store itself.

Runs as a process of its own with the environment of the service's functions: `python -m tests.bench.seed FIRST COUNT`.
"""

import os
import subprocess
import sys
import uuid

from tests.e2e.service import Service

_NANOSECONDS = 1_000_000_000
_EPOCH = 1_767_261_600  # seconds
_STATUSES = ("finished",) * 7 + ("error", "cancelled", "skip")


def seed(service: Service, first: int, count: int) -> None:
    """Adds `count` history items numbered from `first` to a running service."""
    command = [sys.executable, "-m", "tests.bench.seed", str(first), str(count)]
    subprocess.run(command, env=service.environment_of_functions(), check=True)


def main() -> None:
    """Writes the items that the command line asks for."""
    from dlambda.domain.items.item import Item, Status
    from dlambda.store import items

    first, count = int(sys.argv[1]), int(sys.argv[2])
    made = [
        Item(
            id=str(uuid.UUID(int=number + 1, version=4)),
            url=f"https://video.example/watch?v={number:011d}",
            title=f"Seeded item number {number}",
            preset="default",
            timestamp=(_EPOCH + number) * _NANOSECONDS,
            stored_at=float(_EPOCH + number),
            status=Status(_STATUSES[number % len(_STATUSES)]),
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
    for start in range(0, count, items.BATCH):
        items.add(made[start : start + items.BATCH])


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    main()
