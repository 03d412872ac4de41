"""The list of yt-dlp's options: written beforehand, since making it needs yt-dlp (docs/contract/ytdlp.md 7)."""

import json
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from dlambda.media.workers.worker import warm_up
from dlambda.media.workers.ytdlp_queries import list_options

FILE = Path(__file__).with_name("options.json")


@lru_cache(maxsize=1)
def rendered() -> bytes:
    """The list of the installed yt-dlp; where that is another one than the file's, a worker is asked."""
    # Whoever asks for the list is about to check options: the process that parses them is started meanwhile.
    warm_up()
    stored_list = FILE.read_bytes()
    if _same(json.loads(stored_list)["version"], version("yt-dlp")):
        return stored_list
    return json.dumps(list_options()).encode()


def _same(first: str, second: str) -> bool:
    """`2026.01.02` and `2026.1.2` are one version."""
    return [int(part) for part in first.split(".")] == [int(part) for part in second.split(".")]
