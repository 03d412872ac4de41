"""A ZIP that is built after its worker was lost. docs/contract/files.md 3."""

import io
import time
import zipfile

import pytest

from dlambda.aws import bucket, s3_client
from dlambda.domain.messages.queue_messages import RunJob
from dlambda.entry.http import make_app
from dlambda.store.files import jobs
from dlambda.usecases.files import bundle_files
from dlambda.usecases.files.bundle_files import bundle_key
from endpoints.file.routes import routes
from tests.functions.calls import Client, error
from tests.functions.working import handle

pytestmark = pytest.mark.usefixtures("stack", "permitted")


@pytest.fixture
def files(group):
    return group("file")


@pytest.fixture
def token(files):
    bucket.put_bytes("files/a.mp4", b"film")
    return files.post("/api/file/download", ["a.mp4"])[1]["token"]


def lose_a_worker(token: str) -> None:
    """Somebody begins, and is not heard of again."""
    job = jobs.find(token)
    jobs.save(job, {**job.body, "starts": job.body.get("starts", 0) + 1}, time.time() - jobs.HELD_SECONDS - 1)


def test_the_next_one_builds_it(files, token):
    lose_a_worker(token)
    handle(RunJob(token))
    assert files.get(f"/api/file/download/{token}")[0] == 302
    with zipfile.ZipFile(io.BytesIO(bucket.get_bytes(bundle_key(token)))) as archive:
        assert archive.read("a.mp4") == b"film"


def test_after_three_it_is_given_up(files, token):
    for _ in range(3):
        lose_a_worker(token)
    handle(RunJob(token))
    reply = files.get(f"/api/file/download/{token}")
    assert error(reply) == (400, "The ZIP could not be built. Try again with fewer files.")
    assert jobs.list_open() == []


def test_after_an_unexpected_failure_the_message_finds_it_free(token):
    job = jobs.find(token)
    jobs.save(job, {**job.body, "files": None}, time.time() - jobs.HELD_SECONDS - 1)
    assert handle(RunJob(token))["batchItemFailures"]
    failed = jobs.find(token)
    assert failed.held_until == 0
    jobs.save(failed, {**failed.body, "files": ["a.mp4"]}, 0)
    assert handle(RunJob(token)) == {"batchItemFailures": []}
    assert jobs.find(token).is_done


class _Vanishing:
    """Deletes files as soon as the bucket is asked for the first of them, as somebody may while a ZIP is built."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __enter__(self) -> None:
        s3_client.client().meta.events.register("before-call.s3.GetObject", self._delete)

    def __exit__(self, *_: object) -> None:
        s3_client.client().meta.events.unregister("before-call.s3.GetObject", self._delete)

    def _delete(self, **_: object) -> None:
        bucket.delete([f"files/{name}" for name in self._names])


def test_what_is_deleted_while_it_is_built_is_left_out(files):
    for name in "abc":
        bucket.put_bytes(f"files/{name}.txt", name.encode())
    token = files.post("/api/file/download", ["a.txt", "b.txt", "c.txt"])[1]["token"]
    with _Vanishing("b.txt"):
        assert handle(RunJob(token)) == {"batchItemFailures": []}
    with zipfile.ZipFile(io.BytesIO(bucket.get_bytes(bundle_key(token)))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"a", "c.txt": b"c"}
    assert jobs.find(token).body["starts"] == 1


def test_a_zip_of_what_is_all_gone(files):
    bucket.put_bytes("files/only.txt", b"x")
    token = files.post("/api/file/download", ["only.txt"])[1]["token"]
    with _Vanishing("only.txt"):
        assert handle(RunJob(token)) == {"batchItemFailures": []}
    assert error(files.get(f"/api/file/download/{token}")) == (400, "No valid files.")
    assert bucket.find(bundle_key(token)) is None


def test_while_it_is_built_the_answer_leads_to_itself(stack, configure, monkeypatch):
    configure(base_path="/dl")
    monkeypatch.setattr(bundle_files, "WAIT_SECONDS", 0)
    based = Client(make_app(routes).test_client(), "file")
    bucket.put_bytes("files/a.mp4", b"film")
    token = based.post("/dl/api/file/download", ["a.mp4"])[1]["token"]
    assert based.get(f"/dl/api/file/download/{token}", x=1)[0] == 302
    assert based.last.headers["Location"] == f"/dl/api/file/download/{token}?x=1"
    assert based.last.headers["Retry-After"] == "1"
