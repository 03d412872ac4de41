"""Which programs a worker process may start."""

import os
import subprocess
import sys
from pathlib import Path

from tests.origin.media import ffmpeg

CODE = """
import ctypes, os, pty, subprocess, sys
from dlambda.media.workers.child import programs
allowed, other, marker = sys.argv[1:]
programs.remove_others()
programs.allow_only([allowed])
from yt_dlp.downloader import external, rtmp
from yt_dlp.extractor.openload import PhantomJSwrapper
from yt_dlp.postprocessor.exec import ExecPP
from yt_dlp.utils import Popen, check_executable, write_xattr
import yt_dlp
for attempt in sys.stdin.read().split("\\n"):
    try:
        exec(attempt)
    except PermissionError as error:
        print("refused:", error)
    except Exception as error:
        print("failed:", type(error).__name__, error)
"""


def run(tmp_path: Path, *attempts: str) -> list[str]:
    """What each attempt ended with, a line each; a program that is not allowed would leave a marker."""
    other, marker = tmp_path / "other", tmp_path / "marker"
    other.write_text(f"#!/bin/sh\ntouch {marker}\n")
    other.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, ffmpeg(), str(other), str(marker)],
        input="\n".join(attempts), capture_output=True, text=True, env=environment, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert not marker.exists()
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


ATTEMPTS = [
    "subprocess.Popen([other])", "subprocess.run(['other'])", "subprocess.run('other', shell=True)", "subprocess.run(['./other'])",
    "subprocess.run([allowed], executable=other)", "subprocess.run(['sh', '-c', 'other'])", "os.system('other')", "os.popen('other')",
    "os.execv(other, ['x'])", "os.execlp('other', 'x')", "os.spawnv(os.P_WAIT, other, ['x'])", "os.posix_spawn(other, ['x'], {})",
    "os.fork()", "os.forkpty()", "pty.spawn(other)", "subprocess.Popen([allowed + '/../other'])", "Popen.run([other])",
    "Popen.run('other', shell=True)", "subprocess.Popen([sys.executable, '-c', 'pass'])",
]  # fmt: skip


def test_other_programs_are_refused(tmp_path: Path) -> None:
    outcomes = dict(zip(ATTEMPTS, run(tmp_path, *ATTEMPTS), strict=True))
    assert [attempt for attempt, outcome in outcomes.items() if not outcome.startswith("refused: Starting ")] == []


def test_the_configured_ones_are_started_and_others_are_taken_for_not_installed(tmp_path: Path) -> None:
    version = "print(Popen.run([allowed, '-version'], text=True, stdout=subprocess.PIPE)[0][:14])"
    assert run(tmp_path, version, "print(check_executable('other', []))") == ["ffmpeg version", "False"]


def test_the_classes_that_start_others_are_gone(tmp_path: Path) -> None:
    names = ("CurlFD", "AxelFD", "WgetFD", "Aria2cFD", "HttpieFD")
    info = "{'url': 'rtmp://h/x', 'protocol': 'rtmp', 'ext': 'flv'}"
    classes = ["rtmp.RtmpFD", *(f"external.{name}" for name in names)]
    known, browser, *others = run(
        tmp_path,
        "print(external.list_external_downloaders(), external.get_external_downloader('aria2c'))",
        "PhantomJSwrapper(None)",
        *(f"{class_}(yt_dlp.YoutubeDL(), {{}}).real_download('x', {info})" for class_ in classes),
        *(f"print(external.{name}.available())" for name in names),
    )
    assert known == "['ffmpeg'] None"
    assert "PhantomJS, which is not supported" in browser
    assert all("rtmp streams are not supported" in outcome for outcome in others[: len(classes)])
    assert others[len(classes) :] == ["False"] * len(names)
