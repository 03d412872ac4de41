"""Finds code that asks whether it runs on one machine or in the cloud; exit status 1 when there is any.

`dlambda/hosting.py` alone asks, once for a deployment, and says what follows from it; code that needs something of its
host reads `current().hosting`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
ASKS = FUNCTIONS / "dlambda" / "hosting.py"
# Settings that only one kind of host has.
HOST_SETTINGS = frozenset({"function_name", "log_group", "work_durable"})
_HOSTING = "hosting"


def questions(source: str) -> Iterator[tuple[int, str]]:
    """Lines and texts of the expressions in `source` that read such a setting, or a variable that Lambda sets."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in HOST_SETTINGS and not _is_answer(node.value):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Constant) and str(node.value).startswith("AWS_LAMBDA_"):
            yield node.lineno, repr(node.value)


def _is_answer(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Attribute) and owner.attr == _HOSTING


def main() -> int:
    """Prints each place as `path:line: expression`."""
    allowed = {ASKS, FUNCTIONS / "dlambda" / "environment.py"}
    places = [
        f"{path.relative_to(ROOT)}:{line}: {text} asks for the host: read current().hosting"
        for path in sorted(FUNCTIONS.rglob("*.py"))
        if path not in allowed
        for line, text in questions(path.read_text(encoding="utf-8"))
    ]
    print(*places, sep="\n", end="\n" if places else "")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main())
