"""The lock files: written from the .in and package.json files by `--write`, else checked without any network.

What is locked stays, but for packages named by `--upgrade NAME`, or all with `--upgrade-all`.

A lock names no host: which index serves the packages is the business of the machine that installs them.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("requirements", "requirements-local", "requirements-dev")
NPM_FOLDERS = (".", "page", "tests/e2e/browser", "tests/contract/asyncapi")
_HOST = re.compile(r"https?://|--(extra-)?index-url|--find-links")


def write(name: str, upgrades: Sequence[str]) -> None:
    """Resolves `name`.in for every Python from 3.11 on, with hashes; `upgrades` are the resolver's options."""
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "-q", "--universal", "--python-version", "3.11", "--no-header",
         "--generate-hashes", "--no-emit-index-url", *upgrades, f"{name}.in", "-o", f"{name}.txt"],
        cwd=ROOT, check=True,
    )  # fmt: skip


def write_npm(folder: str) -> None:
    """Resolves the package.json of `folder`, without saying where a package comes from."""
    subprocess.run(
        ["npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit",
         "--no-fund", "--loglevel=error"],
        cwd=ROOT / folder, check=True,
    )  # fmt: skip


def requirements(path: Path) -> Iterator[Requirement]:
    """The requirements of an .in or .txt file, included files first."""
    text = path.read_text().replace("\\\n", " ")
    for raw in text.splitlines():
        line = raw.split(" --hash")[0].split(" #")[0].strip()
        if line.startswith("-r "):
            yield from requirements(path.parent / line[3:])
        elif line and not line.startswith("#"):
            yield Requirement(line)


def pins(path: Path) -> dict[str, set[str]]:
    """Canonical name -> the versions that the lock allows (more than one where markers differ)."""
    versions: dict[str, set[str]] = {}
    for requirement in requirements(path):
        versions.setdefault(canonicalize_name(requirement.name), set()).add(
            str(requirement.specifier).removeprefix("==")
        )
    return versions


def problems(name: str, *, installed: bool) -> Iterator[str]:
    """Mistakes in `name`.txt; with `installed`, also beside the packages that are installed."""
    lock = ROOT / f"{name}.txt"
    if match := _HOST.search(lock.read_text()):
        yield f"{lock.name} names an index: {match.group()}"
    locked = pins(lock)
    for requirement in requirements(ROOT / f"{name}.in"):
        versions = locked.get(canonicalize_name(requirement.name), set())
        if not any(requirement.specifier.contains(version) for version in versions):
            yield f"{lock.name} does not fulfil `{requirement}` of {name}.in; run `make lock`"
    for package, versions in locked.items() if installed else ():
        yield from installed_problems(lock.name, package, versions, locked)


def npm_problems(folder: str) -> Iterator[str]:
    """Mistakes in a package-lock.json: a host, another version than package.json's, a package without a hash."""
    name = (Path(folder) / "package-lock.json").as_posix()
    packages = json.loads((ROOT / name).read_text())["packages"]
    manifest = json.loads((ROOT / folder / "package.json").read_text())
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        for package, version in manifest.get(kind, {}).items():
            if packages.get(f"node_modules/{package}", {}).get("version") != version:
                yield f"{name} does not hold {package} {version}; run `make lock`"
    for path, package in packages.items():
        if "resolved" in package:
            yield f"{name} says where {path} comes from: {package['resolved']}"
        if path and "integrity" not in package:
            yield f"{name} has no hash of {path}"


def installed_problems(lock: str, package: str, versions: set[str], locked: dict[str, set[str]]) -> Iterator[str]:
    """Differences between the installed package and the lock; nothing for one of another platform."""
    try:
        here = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return
    if here.version not in versions:
        yield f"{package} {here.version} is installed, {lock} has {', '.join(sorted(versions))}"
    for text in here.requires or ():
        needed = Requirement(text)
        if (needed.marker is None or needed.marker.evaluate({"extra": ""})) and (
            canonicalize_name(needed.name) not in locked
        ):
            yield f"{lock} lacks {needed.name}, which {package} needs; run `make lock`"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--upgrade", action="append", default=[], metavar="NAME")
    parser.add_argument("--upgrade-all", action="store_true")
    options = parser.parse_args()
    if options.write:
        upgrades = [f"--upgrade-package={name}" for name in options.upgrade]
        for name in NAMES:
            write(name, ["--upgrade"] if options.upgrade_all else upgrades)
        for folder in NPM_FOLDERS:
            write_npm(folder)
    mistakes = [problem for name in NAMES for problem in problems(name, installed=not options.write)]
    mistakes += [problem for folder in NPM_FOLDERS for problem in npm_problems(folder)]
    print("\n".join(mistakes) or "lock files are in step")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
