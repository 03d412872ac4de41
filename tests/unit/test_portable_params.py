"""Parameters of yt-dlp come out of a worker as JSON, and are the same values again."""

import json

import pytest

from dlambda.media.ytdlp.options import parse_options
from dlambda.media.ytdlp.portable_params import pack, unpack

TEXTS = [
    "-f bestvideo+bestaudio --merge-output-format mp4 --embed-metadata --embed-thumbnail",
    "--sponsorblock-remove all --embed-subs --sub-langs en,de",
    "--remove-chapters intro --remove-chapters '(?i)ads'",
    "--match-filters 'duration > 3' --break-match-filters '!is_live'",
    "--retry-sleep linear=1:5 --retries infinite",
    "--add-header 'of:x'",
    "--parse-metadata 'title:(?P<artist>.+) - (?P<title>.+)' --replace-in-metadata title a b",
    "--compat-options all --color never --wait-for-video 5-10 --playlist-items 1:3",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_worker_packs_is_the_same_again(text: str) -> None:
    params = parse_options(text).params
    assert params
    assert unpack(json.loads(json.dumps(pack(params)))) == params


def test_keys_and_kinds_that_json_lacks() -> None:
    value = {"$": ({1, 2}, [()]), 3: {"of": None}, "a": {"$": {"$": 1.5}}}
    assert unpack(json.loads(json.dumps(pack(value)))) == value


@pytest.mark.parametrize("text", ["--dateafter 20200101", "--download-sections '*1:00-2:00'", "--impersonate chrome"])
def test_what_yt_dlp_alone_can_make_is_not_packed(text: str) -> None:
    with pytest.raises(TypeError):
        pack(parse_options(text).params)
