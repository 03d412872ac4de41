"""`make audit`: advisories of what the lock files pin, and versions of the binaries that `make run` installs.

Exits with 0 only when every question was answered and nothing was found, with 1 when something was, and with 2 when a
question stayed open: an advisory service that could not be asked says nothing about safety.

AUDIT_OSV_URL names another service with the API of osv.dev; npm asks the registry that it is configured for.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "functions"))

from dlambda.domain.system.tool_release import MINIMUM, age  # noqa: E402 it needs the path

LOCKS = ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")
NPM_FOLDERS = (".", "page", "tests/e2e/browser")
_SECONDS = 600
_FOUND, _OPEN = 1, 2
_VERSION_ARGUMENT = {"ffmpeg": "-version", "ffprobe": "-version", "deno": "--version"}


class CannotLookError(Exception):
    """An advisory service gave no answer that can be read; the text says what came instead."""


@dataclass
class Report:
    """`asked` says what was looked at, `found` what is wrong, `open` what could not be told."""

    asked: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return _FOUND if self.found else _OPEN if self.open else 0

    def lines(self) -> Iterator[str]:
        yield from self.asked
        yield from (f"FOUND: {text}" for text in self.found)
        yield from (f"NOT CHECKED: {text}" for text in self.open)
        yield {0: "Nothing was found.", _FOUND: "Something was found.", _OPEN: "Not everything could be checked."}[
            self.exit_code
        ]


def audit_python(lock: Path, report: Report) -> None:
    """Asks for advisories of every package of a lock file that this platform installs."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip", "--require-hashes",
               "--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]  # fmt: skip
    if url := os.environ.get("AUDIT_OSV_URL"):
        command += ["--osv-url", url]
    packages = _answer(command, {}, lock.parent).get("dependencies")
    if not isinstance(packages, list) or not packages:
        raise CannotLookError("the answer names no packages")
    for package in packages:
        if "skip_reason" in package:
            report.open.append(f"{lock.name}: {package['name']}: {package['skip_reason']}")
        for advisory in package.get("vulns", ()):
            fixed = ", ".join(advisory["fix_versions"]) or "nothing yet"
            report.found.append(
                f"{lock.name}: {package['name']} {package['version']}: {advisory['id']}, fixed in {fixed}"
            )
    report.asked.append(f"{lock.name}: advisories of {len(packages)} packages were asked for")


def audit_npm(folder: Path, report: Report) -> None:
    """Asks for advisories of every package of a package-lock.json, those of other platforms included."""
    answer = _answer(["npm", "audit", "--package-lock-only", "--json"], {"NO_UPDATE_NOTIFIER": "1"}, folder)
    found, counts = answer.get("vulnerabilities"), answer.get("metadata", {}).get("dependencies", {})
    if not isinstance(found, dict) or not counts.get("total"):
        raise CannotLookError(_last_line(str(answer.get("message") or answer.get("error") or answer)))
    for name, advisory in found.items():
        titles = {via["title"] for via in advisory["via"] if isinstance(via, dict)}
        reasons = "; ".join(sorted(titles)) or "by its parts"
        report.found.append(f"{_shown(folder)}: {name} {advisory['range'] or '(any version)'}: {reasons}")
    report.asked.append(f"{_shown(folder)}: advisories of {counts['total']} packages were asked for")


def _answer(command: Sequence[str], more: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """The JSON object that a program prints, whatever its exit code. Raises `CannotLookError`."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotLookError(str(error)) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise CannotLookError(_last_line(done.stderr or done.stdout)) from None
    if not isinstance(answer, dict):
        raise CannotLookError(_last_line(done.stdout))
    return answer


def audit_binaries(versions: Mapping[str, str | None], today: date, report: Report) -> None:
    """Holds what each program says of itself against the oldest version that may be used."""
    for name, minimum in MINIMUM.items():
        text = versions.get(name)
        if text is None:
            report.open.append(f"{name} is not installed, or does not run")
            continue
        told = age(name, text, today)
        if told["safe"] is None:
            report.open.append(f"{name} tells no version: {text}")
        elif not told["safe"]:
            report.found.append(f"{name} is older than {minimum}: {text}")
        days = "of unknown age" if told["age_days"] is None else f"{told['age_days']} days old"
        report.asked.append(f"{text}: {days}{', which is old' if told['old'] else ''}")


def installed_versions(tools: Path) -> dict[str, str | None]:
    """The first line that each program says of itself; None for one that does not run."""
    commands = {name: [str(tools / name), argument] for name, argument in _VERSION_ARGUMENT.items()}
    return {name: _told_by(command) for name, command in commands.items()} | {"yt-dlp": _ytdlp_version()}


@lru_cache(maxsize=1)
def _ytdlp_version() -> str | None:
    """Takes a second, and is the same for all folders of tools."""
    return _told_by([sys.executable, "-m", "yt_dlp", "--ignore-config", "--version"])


def _told_by(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    line = _first_line(done.stdout).partition(" Copyright")[0]
    return line if done.returncode == 0 and line else None


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _last_line(text: str) -> str:
    """Of a traceback: what happened."""
    return next((line.strip()[:300] for line in reversed(text.splitlines()) if line.strip()), "no answer")


def _shown(folder: Path) -> str:
    return f"{folder.name}/package-lock.json"


def audit(
    root: Path, tools: Path, today: date, locks: Sequence[str] = LOCKS, npm_folders: Sequence[str] = NPM_FOLDERS
) -> Report:
    """Audits everything; a service that cannot be asked does not keep the rest from being looked at."""
    report = Report()
    parts = [(audit_python, root / lock) for lock in locks] + [(audit_npm, root / folder) for folder in npm_folders]
    for look, path in parts:
        try:
            look(path, report)
        except CannotLookError as error:
            report.open.append(f"{path.relative_to(root)}: no advisories could be had: {error}")
    audit_binaries(installed_versions(tools), today, report)
    return report


def main() -> int:
    tools = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".tools" / "bin"
    report = audit(ROOT, tools, datetime.now(UTC).date())
    print("\n".join(report.lines()))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
