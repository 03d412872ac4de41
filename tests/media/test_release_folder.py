"""The file that says which release of yt-dlp serves: several processes change it (docs/decisions/ytdlp-updates.md)."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dlambda.domain.system.ytdlp_releases import Outcomes
from dlambda.media.ytdlp.release_folder import ReleaseFolder


def test_changes_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    processes = [ReleaseFolder(tmp_path) for _ in range(4)]

    def note(number: int) -> None:
        folder = processes[number % len(processes)]
        folder.read()
        folder.note_outcome("", "Site", succeeded=number % 2 == 0)

    with ThreadPoolExecutor(len(processes)) as pool:
        list(pool.map(note, range(80)))
    assert [folder.read().outcomes[""]["Site"] for folder in processes] == [Outcomes(40, 40)] * len(processes)


def test_a_change_in_the_same_tick_of_the_file_systems_clock_is_seen(tmp_path: Path) -> None:
    here, there = ReleaseFolder(tmp_path), ReleaseFolder(tmp_path)
    here.change(lambda releases: releases.begin_trial("2099.1.1", 1.0))
    assert here.read().trial == "2099.1.1"
    file = tmp_path / "releases.json"
    modified_at = file.stat().st_mtime_ns
    there.change(lambda releases: releases.begin_trial("2099.2.2", 1.0))
    os.utime(file, ns=(modified_at, modified_at))
    assert here.read().trial == "2099.2.2"
    here.note_outcome("", "Site", succeeded=True)
    assert there.read().trial == "2099.2.2"
