"""The rights of a sandboxed process, as a value that is made before the process is."""

import os
import ssl
import sys
import sysconfig
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Final

from dlambda.media.sandbox import landlock
from dlambda.media.sandbox.environment import module_folders

_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")
# Programs, libraries, certificates and tables that packages install: the same on every machine.
_SYSTEM: Final = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt/bin", "/opt/lib", "/opt/python", "/nix/store",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki",
    "/etc/localtime", "/etc/mime.types", "/etc/alternatives", "/sys/devices/system/cpu", "/proc/cpuinfo",
)  # fmt: skip
_NAME_SERVICE: Final = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf")


class Network(Enum):
    """How a process reaches the network."""

    NONE = "none"
    BROKER = "broker"  # connections that the parent process makes; programs go through a relay inside the process
    PORTS = "ports"  # to the given ports by itself: for addresses that the service itself chose


@dataclass(frozen=True, slots=True)
class Policy:
    """The rights of one process and of whatever it starts.

    `tools`: programs that it can start, or that it is. `reads`, `writes`, `devices`: files and folders with everything
    below them, beside Python and the system's libraries, which all can read. `ports`, `looks_up_names`: with `PORTS`.
    `allow_internal`: whether the broker connects to private addresses. `aliases`: made-up address, host and
    port of what the operator lets the process reach, wherever it is. `processes`: how many there may be at once,
    itself not counted. `uses_kernel`: without it only Python's own hooks hold.
    """

    tools: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    network: Network = Network.NONE
    ports: tuple[int, ...] = ()
    looks_up_names: bool = False
    allow_internal: bool = False
    aliases: tuple[tuple[str, str, int], ...] = ()
    processes: int = 0
    memory_bytes: int = 3 * 1024**3
    uses_kernel: bool = True


def file_rights(policy: Policy) -> dict[str, int]:
    """Path -> rights, for Landlock."""
    rights = dict.fromkeys(_programs(), landlock.READ)
    if policy.looks_up_names:
        rights |= dict.fromkeys(_NAME_SERVICE, landlock.READ)
    rights |= dict.fromkeys((*_DEVICES, *policy.devices), landlock.DEVICE)
    rights |= dict.fromkeys(map(os.path.abspath, (*policy.tools, *policy.reads)), landlock.READ)
    return rights | dict.fromkeys(map(os.path.abspath, policy.writes), landlock.WRITE)


@lru_cache(maxsize=1)
def _programs() -> tuple[str, ...]:
    """Python, its packages, the system's libraries and the certificates."""
    python = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), os.path.realpath(sys.executable)}
    certificates = ssl.get_default_verify_paths()
    certificate_paths = {
        certificates.cafile,
        certificates.capath,
        os.environ.get("SSL_CERT_FILE"),
        os.environ.get("SSL_CERT_DIR"),
    }
    existing = {
        path for path in (*_SYSTEM, *python, *module_folders(), *certificate_paths) if path and Path(path).exists()
    }
    return tuple(path for path in sorted(existing) if existing.isdisjoint(map(str, Path(path).parents)))
