"""Worker processes: warm, apart from the service, and never left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from dlambda.errors import Invalid
from dlambda.media.sandbox.broker import Broker
from dlambda.media.workers import warm_process, ytdlp_queries
from dlambda.media.workers.access import policy_of
from dlambda.media.workers.extract import extract
from dlambda.media.ytdlp.worker_jobs import OptionsJob
from tests.e2e.api import wait_until
from tests.e2e.processes import memory_bytes
from tests.media.conftest import Start, processes_of_group, wait_for
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS

_ALL_SITES_BYTES = 10_000_000


def run(code: str, service: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DLAMBDA_WORK_DIR": str(service)}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip


def running_warm_process() -> subprocess.Popen[bytes]:
    running = warm_process.warm_processes().running.get("")
    assert isinstance(running, warm_process.OwnWarmProcess)
    return running._process


def test_workers_are_forked_from_one_warm_process(origin: Origin, service: Path) -> None:
    parents = set()
    for _ in range(3):
        assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
        parents.add(running_warm_process().pid)
    assert len(parents) == 1


def test_a_dead_warm_process_is_replaced(origin: Origin, service: Path) -> None:
    assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
    os.kill(running_warm_process().pid, signal.SIGKILL)
    running_warm_process().wait()
    assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info


def test_a_warm_process_that_nobody_needs_ends_and_the_next_one_who_asks_starts_another() -> None:
    processes = warm_process._WarmProcesses(idle_seconds=0.1)
    with contextlib.closing(processes), contextlib.closing(Broker(policy_of(OptionsJob()))) as broker:
        first = processes.usable()
        with first.fork(broker):  # a child that waits for its job
            assert not first.is_gone(5)
        assert first.is_gone(PATIENCE_SECONDS)
        assert processes.usable() is not first
        assert processes.usable().usable


@pytest.mark.parametrize("delays_ms", [(0, 4, 8), pytest.param((2, 6, 10, 12, 14, 16, 18), marks=pytest.mark.nightly)])
def test_a_question_is_answered_though_the_warm_process_is_dying(
    origin: Origin, service: Path, delays_ms: tuple[int, ...]
) -> None:
    """For some milliseconds a killed process still takes what is sent to it, and its children die after it."""
    for delay_ms in delays_ms:
        warm_process.warm_up()
        assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
        death = threading.Timer(delay_ms / 1000, os.kill, (running_warm_process().pid, signal.SIGKILL))
        death.start()
        assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info, delay_ms
        death.join()


def test_a_worker_that_was_given_up_before_it_began_ends_without_a_word(service: Path) -> None:
    code = """
    from dlambda.media.sandbox.broker import Broker
    from dlambda.media.sandbox.rights import make_policy
    from dlambda.media.workers import warm_process
    from tests.e2e.api import wait_until
    warm = warm_process.warm_processes().usable()
    children = lambda: open(f"/proc/{warm.pid}/task/{warm.pid}/children").read()
    connection = warm.fork(Broker(make_policy()))
    wait_until(children, 60, children)
    connection.close()
    wait_until(lambda: not children(), 60, children)
    warm_process.warm_processes().close()
    """
    ended = run(code, service)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_warm_process_has_one_thread_so_that_it_may_fork(origin: Origin, service: Path) -> None:
    assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
    assert len(os.listdir(f"/proc/{running_warm_process().pid}/task")) == 1


def test_a_page_finds_the_extractors_of_all_sites_loaded(origin: Origin, service: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from dlambda.media.workers.child import child_extract, warmup
        from dlambda.media.ytdlp.worker_jobs import ExtractJob
        def loaded():
            return {name for name in sys.modules if name.startswith("yt_dlp.extractor.")}
        warmup.rehearse()
        few = loaded()
        warmup.rehearse_page()
        all_sites = loaded()
        job = ExtractJob(url=sys.argv[1], params={}, workdir=Path(sys.argv[2]), allow_internal=True)
        info = child_extract.read_page(job)["info"]
        print(len(info["entries"]), len(all_sites - few) > 500, loaded() == all_sites)
    """
    service.mkdir()
    done = run(code, service, origin.url("/lists/players.html"), str(service))
    assert done.stdout.split() == ["2", "True", "True"], done.stderr


def test_it_reads_a_page_for_itself_once_and_has_one_thread_again(origin: Origin, service: Path) -> None:
    assert extract(origin.url("/clip-1.mp4"), {}, allow_internal=True).info
    warm = running_warm_process().pid
    few = memory_bytes(warm)[1]
    for _ in range(3):
        assert extract(origin.url("/lists/players.html"), {}, allow_internal=True).info
    # A site's own page, or a file, needs none of the others.
    wait_until(
        lambda: memory_bytes(warm)[1] > few + _ALL_SITES_BYTES, PATIENCE_SECONDS, lambda: str(memory_bytes(warm))
    )
    assert len(os.listdir(f"/proc/{running_warm_process().pid}/task")) == 1


def test_workers_know_nothing_of_the_services_environment(start: Start, origin: Origin, service: Path) -> None:
    running = start(origin.url("/slow/100000/clip-1.mp4"))
    wait_for(running, (service / "items" / "item" / "temp" / "clip-1.mp4.part").exists)
    environment = Path(f"/proc/{running.pid}/environ").read_text()
    assert "DLAMBDA_" not in environment
    assert "AWS_" not in environment
    assert "HOME=/nonexistent" in environment


@pytest.mark.parametrize(("is_one_of_many", "nice"), [(True, 10), (False, 0)])
def test_one_of_many_leaves_the_processor_to_others(
    start: Start, origin: Origin, service: Path, *, is_one_of_many: bool, nice: int
) -> None:
    running = start(origin.url("/slow/100000/clip-1.mp4"), is_one_of_many=is_one_of_many)
    wait_for(running, (service / "items" / "item" / "temp" / "clip-1.mp4.part").exists)
    own_nice = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, running.pid) - own_nice == nice


def test_the_service_itself_loads_no_yt_dlp(service: Path, origin: Origin) -> None:
    code = """
        import sys
        from dlambda.deployment import current
        from dlambda.media.workers.extract import extract
        from dlambda.media.workers.ytdlp_queries import params_of, places_of
        from dlambda.media.ytdlp.worker_jobs import OptionTexts
        texts = OptionTexts(places_of(current().settings), preset_cli="-S vcodec:h264", item_cli="--match-filters x>3")
        params = params_of(texts)
        assert params["match_filter"].filters == ("x>3",), params
        assert params_of(texts) == params
        assert extract(sys.argv[1], {}, allow_internal=True).info
        print("yt_dlp" in sys.modules, "boto3" in sys.modules, "flask" in sys.modules)
    """
    done = run(code, service, origin.url("/clip-1.mp4"))
    assert done.stdout.strip() == "False False False", done.stderr


def test_nothing_is_left_when_the_service_is_killed(service: Path, origin: Origin) -> None:
    code = """
        import os, signal, sys, time
        from pathlib import Path
        from dlambda.media.workers.download import DownloadSpec, start_download
        from dlambda.media.workers import warm_process, worker
        work = Path(sys.argv[2]) / "killed"
        running = start_download(DownloadSpec(
            item_id="x", url=sys.argv[1], params={}, workdir=work, allow_internal=True))
        while not list(work.rglob("*.part")):
            running.messages(0.1)
        print(running.pid, warm_process.warm_processes().running[""].pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = run(code, service, origin.url("/slow/100000/clip-1.mp4"), str(service))
    pid, warm = map(int, done.stdout.split())
    end = time.monotonic() + 60
    while time.monotonic() < end and (processes_of_group(pid) or processes_of_group(warm)):
        time.sleep(0.05)
    assert processes_of_group(pid) == []
    assert processes_of_group(warm) == []


def test_a_service_that_ends_in_order_leaves_nothing_either(service: Path, origin: Origin) -> None:
    code = """
        import sys
        from dlambda.media.workers.extract import extract
        from dlambda.media.workers import warm_process, worker
        extract(sys.argv[1], {}, allow_internal=True)
        print(warm_process.warm_processes().running[""].pid)
    """
    done = run(code, service, origin.url("/clip-1.mp4"))
    assert done.returncode == 0
    assert processes_of_group(int(done.stdout)) == []


def test_scratch_folders_of_extractions_are_removed(service: Path, origin: Origin) -> None:
    extract(origin.url("/clip-1.mp4"), {}, allow_internal=True, cookies="# Netscape HTTP Cookie File\n")
    extract(origin.url("/hang/x.mp4"), {}, allow_internal=True, timeout_seconds=0.3)
    assert list((service / "extract").iterdir()) == []


@pytest.mark.parametrize("fields", [{"params": {"bad": lambda: None}}])
def test_parameters_that_cannot_travel_are_an_error(fields: dict[str, object]) -> None:
    with pytest.raises((AttributeError, TypeError, Exception), match="pickle"):
        extract("http://a.example/", fields["params"], allow_internal=True)  # type: ignore[arg-type]


def test_option_texts_are_read_by_one_worker_that_stays(service: Path) -> None:
    resident = ytdlp_queries._resident()
    assert ytdlp_queries.parse("-f bv").format == "bv"
    first = resident._worker
    with pytest.raises(Invalid):
        ytdlp_queries.parse("--no-such-option")
    assert ytdlp_queries.parse("-f ba").format == "ba"
    assert first
    assert resident._worker is first
    os.kill(first.pid, signal.SIGKILL)
    assert ytdlp_queries.parse("-f wv").format == "wv"
    assert resident._worker is not first
    with resident._lock:  # as while it answers somebody else
        assert ytdlp_queries.parse("-f wa").format == "wa"
