"""Commit messages since `BASE`: subjects are `type(scope): what` in at most 72 characters, and what a user notices has
a line in CHANGELOG.md.

`commits.py` checks all commits after BASE (or after `--since REF`), `commits.py --message FILE` one message as a hook.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The last commit that was made before there was this rule.
BASE = "73864517a33de7196e0300fbcbe6829ad5eda6df"
TYPES = ("build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test")
# Users and operators notice these.
_NOTICED = re.compile(r"(feat|fix)(\([^)]*\))?!?: ")
_SUBJECT = re.compile(rf"({'|'.join(TYPES)})(\([a-z0-9_, .-]+\))?!?: \S(.*[^.\s])?")
_MAX = 72
_NO_ENTRY = re.compile(r"^Changelog: none$", re.MULTILINE)


def subject_problems(message: str) -> Iterator[str]:
    """Mistakes in a commit's message."""
    subject, *body = message.splitlines() or [""]
    if not _SUBJECT.fullmatch(subject):
        yield f"is not `type(scope): what` without a full stop, with a type of {', '.join(TYPES)}"
    if len(subject) > _MAX:
        yield f"has {len(subject)} characters, {_MAX} are allowed"
    if body and body[0]:
        yield "goes on in the second line, which is to be empty"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _range(since: str) -> str:
    """The range for `git log`; in a clone without history, the last commit alone."""
    there = subprocess.run(["git", "cat-file", "-e", f"{since}^{{commit}}"], cwd=ROOT, check=False, capture_output=True)
    return f"{since}..HEAD" if there.returncode == 0 else "HEAD^!"


def commits(since: str) -> list[tuple[str, str]]:
    """Short hash and message of each commit after `since`, newest first; merges have none of their own."""
    entries = _git("log", "--no-merges", "--format=%h%x00%B%x01", _range(since)).split("\x01")
    pairs = (entry.strip().partition("\x00") for entry in entries if entry.strip())
    return [(short, message.strip()) for short, _, message in pairs]


def changelog_problems(messages: list[str], files: list[str]) -> Iterator[str]:
    """Changes that users notice without a line in the change log. `files`: those that the commits change."""
    noticed = [message for message in messages if _NOTICED.match(message) and not _NO_ENTRY.search(message)]
    if noticed and "CHANGELOG.md" not in files:
        yield (
            f"CHANGELOG.md has no line for `{noticed[0].splitlines()[0]}`: add one below `Unreleased`, or the line "
            "`Changelog: none` to the commit's message when nobody notices the change"
        )


def problems(since: str) -> Iterator[str]:
    new = commits(since)
    for short, message in new:
        for problem in subject_problems(message):
            yield f"{short} {message.splitlines()[0]}: {problem}"
    files = _git("log", "--format=", "--name-only", _range(since)).split()
    yield from changelog_problems([message for _, message in new], files)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--since", default=BASE)
    parser.add_argument("--message", type=Path)
    options = parser.parse_args()
    if options.message:
        text = options.message.read_text(encoding="utf-8")
        message = "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()
        lines = [f"The subject {problem}." for problem in subject_problems(message)]
    else:
        lines = list(problems(options.since))
    print("\n".join(lines) or "commit messages follow the rule")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
