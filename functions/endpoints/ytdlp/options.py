"""The list of yt-dlp's options: written beforehand, since making it needs yt-dlp (docs/contract/ytdlp.md 7)."""

import json
from functools import lru_cache
from pathlib import Path

from dlambda.domain.system.release import parse_version
from dlambda.media.workers.warm_process import warm_up
from dlambda.media.workers.ytdlp_queries import list_options
from dlambda.usecases.operations.check_updates import ytdlp_version

FILE = Path(__file__).with_name("options.json")


def rendered() -> bytes:
    """The list of the yt-dlp that serves; where that is another one than the file's, a worker is asked."""
    # Whoever asks for the list is about to check options: the process that parses them is started meanwhile.
    warm_up()
    return _render(ytdlp_version())


@lru_cache(maxsize=2)
def _render(version: str) -> bytes:
    stored_list = FILE.read_bytes()
    if parse_version(json.loads(stored_list)["version"]) == parse_version(version):
        return stored_list
    return json.dumps(list_options()).encode()
