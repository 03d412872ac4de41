"""ffmpeg as yt-dlp's post-processors run it, when something ends it from outside."""

import subprocess
from pathlib import Path

import pytest
from yt_dlp.postprocessor import ffmpeg
from yt_dlp.utils import PostProcessingError

from dlambda.domain.items.failure import FailureKind, classify
from dlambda.media.workers.child import postprocessing


@pytest.fixture(autouse=True)
def _installed() -> None:
    postprocessing.install()


def run(script: str) -> tuple[str, str, int]:
    stdout, stderr, status = ffmpeg.Popen.run(
        ["sh", "-c", script], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE
    )
    return stdout, stderr, status


@pytest.mark.parametrize("said", ["", "  handler_name    : SoundHandler"])
def test_a_program_that_was_killed_is_tried_again(said: str) -> None:
    with pytest.raises(PostProcessingError, match="ended unexpectedly") as raised:
        run(f"echo '{said}' >&2; kill -9 $$")
    assert classify(f"Postprocessing: {raised.value}").kind is FailureKind.TRANSIENT


def test_one_that_refuses_its_input_says_so_itself() -> None:
    assert run("echo no >&2; exit 1") == ("", "no\n", 1)


@pytest.mark.parametrize(("option", "begin"), [("true", "<?xml version"), ("false", "<episodedetails>"), ("0", "<epi")])
def test_an_nfo_begins_as_its_option_says(tmp_path: Path, option: str, begin: str) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"x")
    maker = postprocessing.NFOMakerPP(None, xml_declaration=option)
    maker.run({"filepath": str(film), "id": "1", "title": "T", "upload_date": "20240115"})
    assert film.with_suffix(".nfo").read_text().startswith(begin)
