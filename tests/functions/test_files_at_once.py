"""Actions on the same files at once: none is lost, none is doubled. docs/contract/files.md 3."""

import importlib
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.store.files import jobs, path_claims
from dlambda.store.files.jobs import Job
from dlambda.usecases.files import act_on_files
from tests.clock import FakeClock
from tests.functions.calls import Client
from tests.functions.working import handle

pytestmark = pytest.mark.usefixtures("stack", "permitted")
ROUNDS = 3
Result = dict[str, Any]


@pytest.fixture(autouse=True)
def allowed(configure: Callable[..., None]) -> None:
    configure(browser_control_enabled="true")


@pytest.fixture
def place() -> str:
    """A folder of this test alone."""
    return uuid.uuid4().hex[:8]


def put(folder: str, **files: str) -> None:
    for name, text in files.items():
        bucket.put_bytes(f"files/{folder}/{name.replace('__', '/').replace('_', '.')}", text.encode())


def texts(folder: str) -> dict[str, str]:
    prefix = f"files/{folder}/"
    return {each.key.removeprefix(prefix): bucket.get_bytes(each.key).decode() for each in bucket.list_(prefix)}


def act(action: dict[str, str]) -> Result:
    """One request of a client of its own."""
    client = Client(importlib.import_module("endpoints.file.main").app.test_client(), "file")
    status, results = client.post("/api/file/actions", [action])
    assert status == 200, results
    result: dict[str, Any] = results[0]
    return result


def at_once(*actions: dict[str, str]) -> list[Result]:
    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


def rename(path: str, new_name: str) -> dict[str, str]:
    return {"action": "rename", "path": path, "new_name": new_name}


def move(path: str, new_path: str) -> dict[str, str]:
    return {"action": "move", "path": path, "new_path": new_path}


def outcome(results: list[Result]) -> list[str]:
    return sorted(each["error"] or "done" for each in results)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_two_renames_to_one_name(place: str, turn: int) -> None:
    put(place, a_txt="A", b_txt="B")
    results = at_once(rename(f"{place}/a.txt", "x.txt"), rename(f"{place}/b.txt", "x.txt"))
    assert outcome(results) == ["Destination 'x.txt' already exists", "done"]
    assert sorted(texts(place).values()) == ["A", "B"]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_two_moves_to_one_place(place: str, turn: int) -> None:
    put(place, p__v_txt="P", q__v_txt="Q", z__other="")
    results = at_once(move(f"{place}/p/v.txt", f"{place}/z"), move(f"{place}/q/v.txt", f"{place}/z"))
    assert outcome(results) == [f"Destination '{place}/z/v.txt' already exists", "done"]
    assert sorted(texts(place).values()) == ["", "P", "Q"]


def test_a_sidecar_and_a_file_to_one_name(place: str) -> None:
    put(place, a_mp4="A", a_srt="text of A", b_srt="B")
    results = at_once(rename(f"{place}/a.mp4", "x.mp4"), rename(f"{place}/b.srt", "x.srt"))
    assert "done" in outcome(results)
    assert sorted(texts(place).values()) == ["A", "B", "text of A"]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_many_renames_of_one_file(place: str, turn: int) -> None:
    put(place, v_mp4="film", v_en_srt="text")
    results = at_once(*(rename(f"{place}/v.mp4", f"{name}.mp4") for name in "abc"))
    missing = f"path '{place}/v.mp4' does not exist."
    assert outcome(results) == ["done", missing, missing]
    assert sorted(texts(place).values()) == ["film", "text"]
    [name] = {name.partition(".")[0] for name in texts(place)}
    assert f"{place}/{name}.mp4" in [each.get("new_path") for each in results]


def test_a_folder_and_what_lies_in_it(place: str) -> None:
    put(place, d__a_txt="A", d__b_txt="B", z__other="")
    at_once(rename(f"{place}/d", "e"), move(f"{place}/d/a.txt", f"{place}/z"))
    assert sorted(texts(place).values()) == ["", "A", "B"]


def test_a_delete_beside_a_rename(place: str) -> None:
    put(place, a_txt="A")
    results = at_once({"action": "delete", "path": f"{place}/a.txt"}, rename(f"{place}/a.txt", "x.txt"))
    errors = ["Path does not exist.", f"path '{place}/a.txt' does not exist."]
    assert outcome(results) in [sorted(["done", error]) for error in errors]
    assert texts(place) == ({"x.txt": "A"} if results[1]["ok"] else {})


def test_one_folder_is_made_once(place: str) -> None:
    put(place, a_txt="A")
    results = at_once(*({"action": "directory", "path": place, "new_dir": "new"} for _ in range(3)))
    assert outcome(results) == ["Directory already exists.", "Directory already exists.", "done"]


def test_a_path_that_is_changed_for_long(place: str, clock: FakeClock) -> None:
    put(place, a_txt="A", b_txt="B")
    path_claims.claim("somebody", [f"{place}/a.txt"], time.time())
    results = [
        act(rename(f"{place}/b.txt", "a.txt")),
        act(rename(f"{place}/a.txt", "x.txt")),
        act({"action": "delete", "path": place}),
        act({"action": "directory", "path": place, "new_dir": "a.txt"}),
    ]
    assert [each["error"] for each in results] == [
        "Destination 'a.txt' already exists",
        f"path '{place}/a.txt' is being changed.",
        f"path '{place}' is being changed.",
        "Directory already exists.",
    ]
    assert texts(place) == {"a.txt": "A", "b.txt": "B"}


def test_who_comes_second_waits(place: str, clock: FakeClock) -> None:
    put(place, a_txt="A")
    path_claims.claim("somebody", [f"{place}/a.txt"], clock.time())
    began = clock.time()
    clock.after(5, lambda: path_claims.release("somebody", clock.time()))
    assert act(rename(f"{place}/a.txt", "x.txt"))["ok"]
    assert clock.time() >= began + 5


def lost_move(place: str) -> str:
    """A job whose worker died after it had stored its plan and made its copy."""
    put(place, a_txt="A", x_txt="A")
    action = {"verb": "rename", "path": f"{place}/a.txt", "argument": "x.txt"}
    job_id = uuid.uuid4().hex
    job = Job(job_id, act_on_files.KIND, {"actions": [action], "results": [], "next": 0, "plan": True})
    jobs.add(job, time.time(), held=False)
    paths = [f"{place}/a.txt", f"{place}/x.txt"]
    bucket.put_json(f"info/jobs/{job_id}", {
        "source": paths[0], "target": paths[1], "transfers": [paths], "sidecars": [],
    })  # fmt: skip
    path_claims.claim(job_id, paths, time.time())
    return job_id


def test_a_job_that_goes_on_after_a_crash_has_its_paths_still(place: str, clock: FakeClock) -> None:
    job_id = lost_move(place)
    assert act(rename(f"{place}/x.txt", "y.txt"))["error"] == f"path '{place}/x.txt' is being changed."
    assert handle(RunJob(job_id)) == {"batchItemFailures": []}
    assert texts(place) == {"x.txt": "A"}
    assert act(rename(f"{place}/x.txt", "y.txt"))["ok"]


def test_a_job_that_lost_its_paths_waits_for_them(place: str, clock: FakeClock) -> None:
    job_id = lost_move(place)
    path_claims.release(job_id, time.time())
    path_claims.claim("somebody", [f"{place}/x.txt"], time.time())
    assert handle(RunJob(job_id))["batchItemFailures"]
    assert texts(place) == {"a.txt": "A", "x.txt": "A"}
    path_claims.release("somebody", time.time())
    assert handle(RunJob(job_id)) == {"batchItemFailures": []}
    assert texts(place) == {"x.txt": "A"}
