"""Fetches a release of yt-dlp from the package index into a folder: wheels alone, each by the hash in the index.

pip does the work in a process of its own, with the operator's configuration of it (index, proxy, certificates). Nothing
of a release runs here.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlambda.errors import OperationFailed

_PACKAGE: Final = "yt-dlp"
_COMPANION: Final = "yt-dlp-ejs"
_COMPANION_PIN: Final = re.compile(r"yt-dlp-ejs\s*==\s*([\w.]+)\s*;.*extra == 'default'")
_SECONDS: Final = 600
_PASSED_ON: Final = re.compile(
    r"PIP_\w+|(?:HTTPS?|NO|ALL)_PROXY|PATH|HOME|LANG|LC_ALL|SSL_CERT_\w+|XDG_CONFIG_\w+", re.IGNORECASE
)
_CHANNELS: Final = {"stable": (_PACKAGE,), "nightly": (_PACKAGE, "--pre")}
_WHEELS: Final = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:")


class InstallError(OperationFailed):
    """A release could not be fetched; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package of a release as the index offers it."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A release with the companion that it names."""

    wheels: tuple[Wheel, ...]

    @property
    def version(self) -> str:
        """yt-dlp's version."""
        return self.wheels[0].version


def look_up(channel: str) -> Offer:
    """The newest release of `stable` or `nightly`, or the one of that version. Raises `InstallError`."""
    package = _read_report(*_CHANNELS.get(channel, (f"{_PACKAGE}=={channel}",)))
    pins = map(_COMPANION_PIN.match, package["metadata"].get("requires_dist", ()))
    companions = [_read_report(f"{_COMPANION}=={pin[1]}") for pin in pins if pin]
    return Offer(tuple(map(_wheel, (package, *companions))))


def install(offer: Offer, folder: Path) -> None:
    """Unpacks the wheels into `folder`. Raises `InstallError`, also for a file with another hash than the index's."""
    requirements = folder.with_name(f"{folder.name}.txt")
    try:
        requirements.write_text(
            "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in offer.wheels)
        )
        _pip("install", *_WHEELS, "--require-hashes", "--target", str(folder), "-r", str(requirements))
    finally:
        requirements.unlink(missing_ok=True)


def _read_report(*requirement: str) -> dict[str, Any]:
    """The report of what pip would install for one requirement."""
    report = json.loads(_pip("install", *_WHEELS, "--dry-run", "--ignore-installed", "--report", "-", *requirement))
    package: dict[str, Any] = report["install"][0]
    return package


def _wheel(package: dict[str, Any]) -> Wheel:
    name, version = package["metadata"]["name"], package["metadata"]["version"]
    sha256 = package["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
    if not sha256:
        raise InstallError(f"The package index tells no hash of {name} {version}.")
    return Wheel(name, version, sha256)


def _pip(*arguments: str) -> str:
    """The output of pip. Raises `InstallError` with its last line."""
    environ = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    options: dict[str, Any] = {"env": environ, "stdin": subprocess.DEVNULL, "timeout": _SECONDS, "text": True}
    command = [sys.executable, "-m", "pip", *arguments]
    try:
        process = subprocess.run(command, capture_output=True, check=False, **options)
    except subprocess.TimeoutExpired:
        raise InstallError(f"pip did not end within {_SECONDS} s.") from None
    if process.returncode:
        lines = [line.strip() for line in process.stderr.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
        if any("DO NOT MATCH THE HASHES" in line for line in errors):
            raise InstallError("The package index sent a file that has not the hash which the index tells.")
        raise InstallError((errors or lines or ["pip failed without a word."])[-1])
    return str(process.stdout)
