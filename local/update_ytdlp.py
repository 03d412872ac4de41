"""`make update`: fetches and tries the newest yt-dlp for the service of DATA_DIR, whether that runs or not."""

import os
import sys
from pathlib import Path

from dlambda.errors import AppError
from dlambda.usecases.operations.update_ytdlp import update_now
from local.config import read_config
from local.start_error import StartError


def main() -> int:
    """Prints what serves from now on; 1 when nothing could be fetched."""
    try:
        config = read_config(os.environ, Path.cwd())
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update({name: text for name, text in config.environ.items() if name.startswith(("YTP_", "DLAMBDA_"))})
    os.environ.update(
        DLAMBDA_RELEASES_DIR=str(config.releases_dir),
        DLAMBDA_WORK_DIR=str(config.data_dir / "work"),
        DLAMBDA_TOOLS_DIR=str(config.tools_dir),
    )
    try:
        status = update_now()
    except AppError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"yt-dlp {status['version']} serves.")
    if status["trial"]:
        print(
            f"yt-dlp {status['trial']} is on trial: it gets the items that have failed, and serves all when it works."
        )
    for refused in status["refused"]:
        print(f"yt-dlp {refused['version']} is not used: {refused['reason']}")
    if status["new_options"]:
        print(f"New options, which a release of the service will allow: {', '.join(status['new_options'])}")
    if status["error"]:
        print(status["error"], file=sys.stderr)
    return 1 if status["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
