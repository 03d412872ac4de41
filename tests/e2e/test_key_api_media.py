"""What the key API makes of every kind of source, in every format (docs/contract/hostapi.md)."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from yt_dlp_host_api.client import Client

from dlambda.domain.orders.output import AUDIO, VIDEO
from tests.e2e.orders import client_of, ended, file_of
from tests.e2e.playback import decode
from tests.e2e.service import Service
from tests.origin import Origin
from tests.origin.media import CLIP_FRAMES

SOURCES = ["clip-key.mp4", "hls/master.m3u8", "dash/manifest.mpd", "page.html"]
PARTED_SOURCES = ["clip-part.mp4", "hls/master.m3u8", "dash/manifest.mpd"]
PARTS: list[dict[str, Any]] = [{"start_time": 2, "end_time": 5}, {"end_time": "0:03"}, {"start_time": "00:00:07"}]

Tasks = Mapping[tuple[str, str], Any]
"""By kind, and name of a source or a format."""


@pytest.fixture(scope="module")
def client(service: Service) -> Client:
    return client_of(service)


@pytest.fixture(scope="module")
def tasks(client: Client, origin: Origin) -> Tasks:
    """A task for each kind and source, and for each kind and format, all of them begun: they run beside each other."""
    send, short = client.send_task, origin.url("short.mp4")
    sources = {
        (kind, source): call(origin.url(source))
        for source in SOURCES
        for kind, call in (("video", send.get_video), ("audio", send.get_audio), ("info", send.get_info))
    }
    videos = {("video", name): send.get_video(short, output_format=name) for name in VIDEO}
    audios = {("audio", name): send.get_audio(short, output_format=name) for name in AUDIO}
    return sources | videos | audios


@pytest.mark.parametrize("source", SOURCES)
def test_a_video_of_every_kind_of_source(client: Client, tasks: Tasks, source: str) -> None:
    found = decode(file_of(client, ended(tasks["video", source])))
    assert (found.video_frames, round(found.audio_seconds)) == (CLIP_FRAMES, 10)


@pytest.mark.parametrize("source", SOURCES)
def test_the_sound_of_every_kind_of_source(client: Client, tasks: Tasks, source: str) -> None:
    status = ended(tasks["audio", source])
    assert status["file"].endswith("/audio.m4a")
    assert decode(file_of(client, status)).audio_seconds == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize("source", SOURCES)
def test_the_metadata_of_every_kind_of_source(client: Client, tasks: Tasks, source: str) -> None:
    assert json.loads(file_of(client, ended(tasks["info", source])))["title"]


@pytest.mark.parametrize("name", sorted(VIDEO))
def test_every_video_format(client: Client, tasks: Tasks, name: str) -> None:
    status = ended(tasks["video", name])
    assert status["file"].endswith(f"/video.{VIDEO[name].ext}")
    found = decode(file_of(client, status))
    assert found.video_frames >= (30 if name == "gif" else 88)
    assert name == "gif" or found.audio_seconds == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize("name", sorted(AUDIO))
def test_every_audio_format(client: Client, tasks: Tasks, name: str) -> None:
    status = ended(tasks["audio", name])
    assert status["file"].endswith(f"/audio.{AUDIO[name].ext}")
    found = decode(file_of(client, status))
    assert (found.video_frames, round(found.audio_seconds)) == (0, 3)


@pytest.mark.parametrize("source", PARTED_SOURCES)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_a_video(client: Client, origin: Origin, source: str, part: dict[str, Any]) -> None:
    status = ended(client.send_task.get_video(origin.url(source), force_keyframes=True, **part))
    assert status.items() >= part.items()
    assert decode(file_of(client, status)).video_frames == pytest.approx(90, abs=3)


def test_a_part_of_the_sound(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_audio(origin.url("clip-part.mp4"), "bestaudio", "mp3", 2, 5))
    assert decode(file_of(client, status)).audio_seconds == pytest.approx(3, abs=0.2)
