"""Updates of yt-dlp that prove themselves, from a package index of the test (docs/contract/system.md 5, yt-dlp)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.failure import Failure, FailureKind
from dlambda.domain.items.item_parts import Attempt
from dlambda.domain.items.request import Request
from dlambda.domain.system.ytdlp_releases import ENOUGH_SUCCESSES, TRIAL_SECONDS
from dlambda.media.workers.extract import extract
from dlambda.media.workers.warm_process import warm_processes
from dlambda.media.ytdlp.release_folder import ReleaseFolder, release_folder
from dlambda.usecases.items.add_items import new_item
from dlambda.usecases.operations import update_ytdlp
from dlambda.usecases.operations.check_updates import installed_ytdlp, ytdlp_version
from dlambda.usecases.workers import ytdlp_releases
from tests.functions.calls import Client, Heard, error
from tests.package_index import BROKEN, ENDLESS, WITH_NEW_OPTION, PackageIndex, serving_index
from tests.patience import PATIENCE_SECONDS
from tests.stack import Stack, forget, forget_settings

NEW, NEWER = "2099.1.1", "2099.2.2"
LOST = Failure(FailureKind.UNSUPPORTED)


@pytest.fixture
def index(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    with serving_index() as package_index:
        for name, value in package_index.environment().items():
            monkeypatch.setenv(name, value)
        yield package_index


@pytest.fixture
def folder(index: PackageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReleaseFolder]:
    """An empty folder of releases."""
    monkeypatch.setenv("DLAMBDA_RELEASES_DIR", str(tmp_path / "releases"))
    forget_settings()
    forget(release_folder)
    releases = release_folder()
    assert releases is not None
    yield releases
    warm_processes().close()
    forget(release_folder)


def release(system: Client) -> dict[str, Any]:
    """The answer about yt-dlp's release."""
    status, body = system.get("/api/system/yt-dlp")
    assert status == 200, body
    answer: dict[str, Any] = body
    return answer


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def names(folder: ReleaseFolder) -> list[str]:
    """The folders that lie there."""
    return sorted(path.name for path in folder._folder.iterdir() if path.is_dir())


def test_a_newer_release_is_taken_for_items_that_failed_and_then_for_all(
    group: Callable[[str], Client], index: PackageIndex, folder: ReleaseFolder, listening: Heard
) -> None:
    """With its options, of which the new ones are refused."""
    system, installed = group("system"), installed_ytdlp()
    before = release(system)
    assert (before["version"], before["installed"], before["newest"]) == (installed, installed, None)
    index.offer(NEW, WITH_NEW_OPTION)
    assert system.post("/api/system/yt-dlp/update")[0] == 202
    wait_until(lambda: not release(system)["updating"])
    after = release(system)
    assert (after["version"], after["trial"], after["error"]) == (installed, NEW, None), after
    assert after["new_options"] == ["--brand-new"]
    ready = system.get("/api/system/ready")[1]["ytdlp"]
    assert (ready["newest"], ready["trial"], ready["channel"]) == (NEW, NEW, "stable")

    fresh = new_item(Request("https://video.example/1")).evolve(archive_id="site 1")
    failed = fresh.evolve(attempt=Attempt(remedies=("release",)))
    assert (ytdlp_releases.release_for(fresh), ytdlp_releases.release_for(failed)) == ("", NEW)
    for _ in range(ENOUGH_SUCCESSES):
        ytdlp_releases.note_success(failed, NEW)
    update_ytdlp.follow_releases(current().clock.time())
    assert (ytdlp_version(), ytdlp_releases.release_for(fresh)) == (NEW, NEW)
    assert system.get("/api/system/configuration")[1]["app"]["ytdlp_version"] == NEW
    assert [data["data"]["data"]["ytdlp_version"] for data in listening.of("config_update")] == [NEW]

    ytdlp = group("ytdlp")
    flags = [flag for option in ytdlp.get("/api/yt-dlp/options")[1]["options"] for flag in option["flags"]]
    assert "--brand-new" in flags
    answer = ytdlp.post("/api/yt-dlp/convert", {"args": "--brand-new"})
    assert answer[0] == 400, answer


@pytest.mark.nightly
def test_a_worker_keeps_the_release_that_it_began_with(
    origin: Any, index: PackageIndex, folder: ReleaseFolder, tmp_path: Path
) -> None:
    index.offer(NEW)
    update_ytdlp.update_now()
    assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
    old = warm_processes().running[""]
    folder.change(lambda releases: releases.serve(NEW, 1.0))
    assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
    assert list(warm_processes().running) == [folder.path_of(NEW)]
    assert old.is_gone(20)


def test_a_broken_release_is_refused_and_never_tried_again(
    index: PackageIndex, folder: ReleaseFolder, listening: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    index.offer(NEW, BROKEN)
    status = update_ytdlp.update_now()
    assert (status["version"], status["trial"]) == (installed_ytdlp(), None)
    (refused,) = status["refused"]
    assert refused["version"] == NEW
    assert "clip.mp4" in refused["reason"]
    assert names(folder) == []
    assert NEW in listening.of("log_warning")[-1]["message"]
    caplog.clear()
    assert update_ytdlp.update_now()["refused"] == status["refused"]
    assert "installing" not in caplog.text


def test_a_tampered_release_is_not_installed(index: PackageIndex, folder: ReleaseFolder) -> None:
    index.offer(NEW, tampered=True)
    status = update_ytdlp.update_now()
    assert (status["version"], status["trial"], names(folder)) == (installed_ytdlp(), None, [])
    assert "hash" in status["error"]


def test_an_index_that_is_away_changes_nothing(index: PackageIndex, folder: ReleaseFolder) -> None:
    status = update_ytdlp.update_now()
    assert (status["version"], status["trial"], names(folder)) == (installed_ytdlp(), None, [])
    assert status["error"]


def test_a_release_goes_when_a_site_fails_with_it(
    system: Client, index: PackageIndex, folder: ReleaseFolder, listening: Heard
) -> None:
    item = new_item(Request("https://video.example/1")).evolve(archive_id="site 1")
    for _ in range(5):
        ytdlp_releases.note_success(item, "")
    index.offer(NEW)
    update_ytdlp.update_now()
    now = current().clock.time()
    update_ytdlp.follow_releases(now + TRIAL_SECONDS)
    assert ytdlp_version() == NEW
    for _ in range(3):
        ytdlp_releases.note_failure(item, NEW, Failure(FailureKind.GONE))
    update_ytdlp.follow_releases(now + TRIAL_SECONDS + 60)
    assert ytdlp_version() == NEW
    for _ in range(3):
        ytdlp_releases.note_failure(item, NEW, LOST)
    update_ytdlp.follow_releases(now + TRIAL_SECONDS + 120)
    assert ytdlp_version() == installed_ytdlp()
    status = release(system)
    assert status["refused"] == [{"version": NEW, "reason": "3 of 3 items of site failed with it."}]
    assert "of site" in listening.of("log_warning")[-1]["message"]


@pytest.mark.nightly
def test_a_version_in_the_settings_serves_at_once_and_the_installed_one_again(
    index: PackageIndex, folder: ReleaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.offer(NEW)
    index.offer(NEWER)
    monkeypatch.setenv("YTP_YTDLP_VERSION", NEW)
    forget_settings()
    assert update_ytdlp.update_now()["version"] == NEW
    monkeypatch.setenv("YTP_YTDLP_VERSION", installed_ytdlp())
    forget_settings()
    assert update_ytdlp.update_now()["version"] == installed_ytdlp()


@pytest.mark.nightly
def test_two_updates_at_once_are_one(system: Client, index: PackageIndex, folder: ReleaseFolder) -> None:
    index.offer(NEW)
    index.stalls = "page"
    assert system.post("/api/system/yt-dlp/update")[0] == 202
    assert index.stalled.wait(PATIENCE_SECONDS)
    assert error(system.post("/api/system/yt-dlp/update")) == (409, "An update of yt-dlp is under way.")
    index.goes_on.set()
    wait_until(lambda: not release(system)["updating"])
    assert release(system)["trial"] == NEW


@pytest.mark.parametrize(
    "step", ["proof", *(pytest.param(step, marks=pytest.mark.nightly) for step in ("page", "wheel"))]
)
def test_a_killed_update_leaves_what_serves(index: PackageIndex, folder: ReleaseFolder, step: str) -> None:
    index.offer(NEW, ENDLESS if step == "proof" else "")
    index.stalls = step
    process = subprocess.Popen(
        [sys.executable, "-c", "from dlambda.usecases.operations.update_ytdlp import update_now; update_now()"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )
    if step == "proof":
        wait_until((folder._folder / NEW).is_dir)
        time.sleep(0.5)  # into the trial download
    else:
        assert index.stalled.wait(PATIENCE_SECONDS)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not folder.is_updating())
    assert (ytdlp_version(), folder.read().trial) == (installed_ytdlp(), "")
    index.stalls = ""
    index.goes_on.set()
    index.offer(NEWER)
    status = update_ytdlp.update_now()
    assert (status["trial"], names(folder)) == (NEWER, [NEWER])


def test_in_the_cloud_nothing_is_fetched(system: Client, index: PackageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLAMBDA_RELEASES_DIR", "")
    forget_settings()
    forget(release_folder)
    assert system.post("/api/system/yt-dlp/update")[0] == 406
    status = release(system)
    assert (status["version"], status["auto_update"]) == (installed_ytdlp(), False)
    forget(release_folder)
