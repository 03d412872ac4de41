"""The engines of one machine: tables (dynoxide), media (rclone), queues (ministack). All on loopback only."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from local.config import Config, Credentials, StartError
from local.processes import Child

_LOOPBACK = "127.0.0.1"
_held: list[socket.socket] = []


def free_port() -> int:
    """A loopback port for a server that this process starts; nobody else is given it while the process lives.

    It stays bound here. Linux lets a server bind it too, as long as nobody listens; elsewhere it is given back at once.
    """
    holder = socket.socket()
    holder.bind((_LOOPBACK, 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # before, two might get one port
    port: int = holder.getsockname()[1]
    if sys.platform == "linux":
        _held.append(holder)
    else:
        holder.close()
    return port


def answers(port: int) -> bool:
    """Whether something accepts connections on the loopback `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((_LOOPBACK, port)) == 0


def _tool(config: Config, name: str) -> str:
    path = config.tools_dir / name
    if not path.exists():
        raise StartError(f"{name} is missing in {config.tools_dir}. `make run` installs it (linux on x64).")
    return str(path)


def _environ(config: Config, extra: Mapping[str, str]) -> dict[str, str]:
    """Engines see the machine, none of the service's secrets."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(config.data_dir)} | dict(extra)


def tables(config: Config, port: int) -> Child:
    database = config.data_dir / "tables" / "tables.db"
    command = [_tool(config, "dynoxide"), "--host", _LOOPBACK, "--port", str(port), "--db-path", str(database)]
    return Child("tables", command, _environ(config, {}), config.logs_dir / "tables.log", "the table engine (dynoxide)")


def media(config: Config, port: int, pair: Credentials) -> Child:
    command = [
        _tool(config, "rclone"), "serve", "s3", "--addr", f"{_LOOPBACK}:{port}", "--etag-hash", "none",
        # The signature covers a body's checksum already: a second one takes half of an upload's time, and one over what
        # is read takes eight times as long as the reading. The system reads ahead by itself.
        "--ignore-checksum", "--no-checksum", "--buffer-size", "0",
        "--vfs-cache-mode", "off", "--dir-cache-time", "1s", str(config.media_dir),
    ]  # fmt: skip
    # By the environment (where rclone reads lists as CSV), since everyone on the machine may read a command line.
    extra = {"RCLONE_AUTH_KEY": f'"{pair.key},{pair.secret}"', "RCLONE_CONFIG": os.devnull}
    return Child("media", command, _environ(config, extra), config.logs_dir / "media.log", "the media engine (rclone)")


def queues(config: Config, port: int) -> Child:
    extra = {
        "SERVICES": "sqs",
        "BIND_HOST": _LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "PERSIST_STATE": "0",
        # A listener for devices, on a fixed port and all addresses, that SQS has no use for.
        "IOT_MTLS_ENABLED": "0",
    }
    command = [str(Path(sys.executable).parent / "ministack")]
    return Child(
        "queues", command, _environ(config, extra), config.logs_dir / "queues.log", "the queue engine (ministack)"
    )
