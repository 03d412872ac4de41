"""The version stands in functions/dlambda/__init__.py alone. Checks that what is written from it agrees; with
`--tag v1.2.3` also that a release is of this version and has its section in CHANGELOG.md, whose text is printed.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_RELEASED = re.compile(r"(\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)")


def version() -> str:
    """The one source, read without importing anything."""
    tree = ast.parse((ROOT / "functions/dlambda/__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__version__":
            return str(ast.literal_eval(node.value))
    raise SystemExit("functions/dlambda/__init__.py has no __version__")


def sections() -> dict[str, str]:
    """Heading -> text of the sections of CHANGELOG.md, newest first."""
    parts = _HEADING.split((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[1:]
    return {heading.strip(): text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def problems() -> Iterator[str]:
    current = version()
    if not _VERSION.fullmatch(current):
        yield f"functions/dlambda/__init__.py: {current!r} is no version such as 1.2.3"
    written = json.loads((ROOT / "functions/endpoints/system/openapi.json").read_text(encoding="utf-8"))["info"][
        "version"
    ]
    if written != f"v{current}":
        yield f"functions/endpoints/system/openapi.json is of {written}, the code of v{current}; run `make openapi`"
    if re.search(r'^version = "', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE):
        yield "pyproject.toml has a version of its own; it comes from functions/dlambda/__init__.py"
    yield from heading_problems(current, list(sections()))


def heading_problems(current: str, headings: list[str]) -> Iterator[str]:
    """`Unreleased` stands first; below, released versions with their day, newest first, none newer than `current`."""
    if headings[:1] != ["Unreleased"]:
        yield "CHANGELOG.md does not begin with the section `Unreleased`"
    released = [_RELEASED.fullmatch(heading) for heading in headings[1:]]
    for heading, match in zip(headings[1:], released, strict=True):
        if match is None or not _is_day(match[2]):
            yield f"CHANGELOG.md: the heading `{heading}` is not `1.2.3 (2026-11-29)`"
    numbers = [_number(match[1]) for match in released if match]
    if numbers != sorted(numbers, reverse=True) or numbers[:1] > [_number(current)]:
        yield f"CHANGELOG.md: the released versions are not in order, or newer than {current}"


def tag_problems(tag: str) -> Iterator[str]:
    if tag != f"v{version()}":
        yield f"the tag {tag} is not the version, v{version()}"
    if not any(heading.startswith(f"{tag.removeprefix('v')} (") for heading in sections()):
        yield f"CHANGELOG.md has no section for {tag}"


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tag", default="")
    tag = parser.parse_args().tag
    lines = [*problems(), *(tag_problems(tag) if tag else [])]
    if lines or not tag:
        print("\n".join(lines) or f"version {version()} everywhere")
    else:
        print(next(text for heading, text in sections().items() if heading.startswith(f"{tag.removeprefix('v')} (")))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
