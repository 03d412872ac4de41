"""`python -m tests.dialects.compare --theirs URL --ours URL [--page august]`: one journey at two servers, compared.

Prints what a client would see otherwise: another status, a member that is missing, another type. Ends with 1 when there
is any. `--all` also prints where only null differs and what ours has beyond theirs; `--bodies` the answers themselves.
`--only TEXT` prints the steps whose name holds the text; all steps are made, since later ones build on earlier ones.
"""

import argparse
import contextlib
import secrets
import sys
from collections.abc import Iterator

from tests.dialects.journey import AUGUST, JOURNEY, MARCH
from tests.dialects.shape import Difference, differences
from tests.dialects.traveller import Answer, Traveller
from tests.origin.server import Origin

_ALWAYS = {"status", "missing", "type"}
_BODY = 600


def compare(theirs: Answer, ours: Answer) -> list[Difference]:
    """How two answers differ. Of two errors only `error` is compared, which clients read; a fault of theirs is no model."""
    if theirs.status >= 500 and ours.status >= 400:
        return []
    if theirs.status != ours.status:
        return [Difference("status", "", str(theirs.status), str(ours.status))]
    found = differences(theirs.shape, ours.shape)
    return [one for one in found if one.path == "error"] if theirs.status >= 400 else found


def main() -> int:
    """Reads the command line, makes the journey at both, prints the differences."""
    options = _options()
    count = 0
    with contextlib.ExitStack() as stack:
        origin = options.origin or stack.enter_context(Origin()).base
        run = secrets.token_hex(4)
        theirs = stack.enter_context(Traveller(options.theirs.rstrip("/"), origin, run))
        ours = stack.enter_context(Traveller(options.ours.rstrip("/"), origin, run))
        for step in JOURNEY:
            if options.page not in step.pages:
                continue
            answers = theirs.take(step), ours.take(step)
            if options.only not in step.name:
                continue
            lines = list(_lines(f"{step.method} {step.name}", compare(*answers), everything=options.all))
            count += len(lines)
            if lines and options.bodies:
                lines += [
                    f"    {who}: {answer.body[:_BODY]}" for who, answer in zip(("theirs", "ours"), answers, strict=True)
                ]
            print(*lines, sep="\n", end="\n" if lines else "", flush=True)
    for name, shape in sorted(theirs.events.items()):
        lines = list(_lines(f"event {name}", differences(shape, ours.events.get(name, {})), everything=options.all))
        count += len(lines)
        print(*lines, sep="\n", end="\n" if lines else "")
    print(f"{count} differences")
    return 1 if count else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.dialects.compare")
    parser.add_argument("--theirs", required=True, help="the other server, with its base path")
    parser.add_argument("--ours", required=True, help="dlambda, with the base path of the dialect")
    parser.add_argument("--page", choices=(MARCH, AUGUST), default=AUGUST, help="whose page's requests are sent")
    parser.add_argument("--origin", help="where both download from; by default one of its own")
    parser.add_argument("--only", default="")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--bodies", action="store_true")
    return parser.parse_args()


def _lines(step: str, found: list[Difference], *, everything: bool) -> Iterator[str]:
    for one in found:
        if everything or one.kind in _ALWAYS:
            yield f"{step}: {one.kind} {one.path} theirs {one.theirs}, ours {one.ours}"


if __name__ == "__main__":
    sys.exit(main())
