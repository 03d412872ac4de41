"""`python -m tests.origin [--port N] [--big]`: serves until it is interrupted; prints its URL first."""

import argparse
import contextlib
import signal

from tests.origin.media import big_file
from tests.origin.server import Origin


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="python -m tests.origin")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--big", action="store_true", help="make big.mp4 (522 MB) before serving")
    options = parser.parse_args()
    if options.big:
        big_file()
    with Origin(options.port) as origin:
        print(origin.base, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
