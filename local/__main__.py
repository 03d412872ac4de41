"""`python -m local`: the whole service on this machine, until Ctrl-C."""

import os
import sys
from pathlib import Path

from local import open_files, private, template
from local.config import read_config
from local.start_error import StartError
from local.supervisor import Supervisor, lock


def main() -> int:
    os.umask(private.UMASK)
    open_files.raise_limit()
    try:
        config = read_config(os.environ, Path.cwd())
        with lock(config):
            Supervisor(config, template.read()).run()
    except StartError as error:
        print(f"dlambda cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
