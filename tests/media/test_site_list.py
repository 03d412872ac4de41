"""The list of sites that workers share with the process that they are forked from (`child/downloader.py`)."""

import subprocess
import sys

import pytest

_PROGRAM = """
import yt_dlp
from dlambda.media.workers.child.downloader import Downloader

quiet = {"quiet": True}
plain = yt_dlp.YoutubeDL(dict(quiet))
first, second = Downloader(dict(quiet)), Downloader(dict(quiet))
keys = list(plain._ies)
assert list(first._ies) == keys, "as yt-dlp chooses them, in its order"
assert first._ies is second._ies, "no copy"
youtube = first.get_info_extractor("Youtube")
assert youtube._downloader is first
assert first.get_info_extractor("Youtube") is youtube
assert second.get_info_extractor("Youtube")._downloader is second
assert first._ies is second._ies and list(second._ies) == keys, "instances are noted elsewhere"

class OwnIE(yt_dlp.extractor.common.InfoExtractor):
    _VALID_URL = r"own:.*"

first.add_info_extractor(OwnIE)
assert "Own" in first._ies and "Own" not in second._ies
chosen = {**quiet, "allowed_extractors": ["vimeo", "generic"]}
assert list(Downloader(dict(chosen))._ies) == list(yt_dlp.YoutubeDL(dict(chosen))._ies) == ["Vimeo", "Generic"]
print("right")
"""


@pytest.mark.usefixtures("service")
def test_all_downloaders_read_one_list_of_sites() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("right\n", "")
