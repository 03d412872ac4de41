"""Names of files that are hard to keep: what may be made, and that everything which exists can be used (files.md 3)."""

import io
import uuid
import zipfile
from urllib.parse import quote, unquote

import pytest

from dlambda.aws import bucket
from dlambda.domain.files.plain_name import plain_path
from dlambda.domain.messages.queue_messages import RunJob
from tests.functions.working import handle

PERCENT = ["%2e%2e%2fx", "100%25.mp4", "50% off.mp4", "%00.mp4", "%", "%2e", "%2F%2Fetc", "%252e%252e%252fx.mp4"]
REFUSED = {
    "backslashes": ("..\\..\\evil.bat", "New name must not contain path separators."),
    "one backslash": ("a\\b.mp4", "New name must not contain path separators."),
    "a drive's root": ("C:\\x", "New name must not contain path separators."),
    "direction": ("film\u202e4pm.exe", "New name must not contain invisible characters."),
    "isolate": ("a\u2066b", "New name must not contain invisible characters."),
    "mark": ("a\u200fb", "New name must not contain invisible characters."),
    "zero width": ("a\u200bb.mp4", "New name must not contain invisible characters."),
    "byte order mark": ("\ufeffa.mp4", "New name must not contain invisible characters."),
    "C0": ("a\x1bb", "New name must not contain control characters."),
    "C1": ("a\x9bb", "New name must not contain control characters."),
}


@pytest.fixture
def files(group, configure):
    configure(browser_control_enabled="true")
    return group("file")


@pytest.fixture
def act(files):
    def do(verb, path, **more):
        status, results = files.post("/api/file/actions", [{"action": verb, "path": path, **more}])
        assert status == 200
        return results[0]

    return do


def folder_with(*names):
    """A new folder: what a listing of an earlier one held is remembered for a while."""
    folder = f"f{uuid.uuid4().hex}"
    for name in names:
        bucket.put_bytes(f"files/{folder}/{name}", b"film", "video/mp4")
    return folder


def names_in(files, folder):
    _, body = files.get(f"/api/file/browser/{quote(folder, safe='')}")
    return [entry["name"] for entry in body["contents"]]


def zip_of(files, *paths):
    _, body = files.post("/api/file/download", list(paths))
    handle(RunJob(body["token"]))
    return zipfile.ZipFile(io.BytesIO(bucket.get_bytes(f"zips/{body['token']}.zip"))).namelist()


@pytest.mark.parametrize("name", PERCENT)
@pytest.mark.parametrize("form", ["as listed", "escaped"])
def test_a_name_with_percent_signs_can_be_used_for_everything(files, act, name, form):
    sent = (lambda path: path) if form == "as listed" else (lambda path: quote(path, safe="/"))
    f = folder_with("film.mp4", "other.mp4")
    folder = f"{f}/{name} d"
    assert act("rename", f"{f}/film.mp4", new_name=name)["new_path"] == f"{f}/{name}"
    assert names_in(files, f) == sorted([name, "other.mp4"])
    assert files.call("HEAD", f"/api/download/{quote(f'{f}/{name}', safe='')}")[0] == 200
    assert zip_of(files, f"{f}/{name}") == [f"{f}/{name}"]
    assert act("directory", f, new_dir=f"{name} d")["new_dir"] == folder
    assert act("directory", sent(folder), new_dir="inner")["new_dir"] == f"{folder}/inner"
    assert act("move", sent(f"{f}/{name}"), new_path=folder)["new_path"] == f"{folder}/{name}"
    assert act("rename", sent(f"{folder}/{name}"), new_name=f"{name}2")["new_path"] == f"{folder}/{name}2"
    assert act("delete", sent(f"{folder}/{name}2"))["error"] is None
    assert act("delete", sent(folder))["error"] is None
    assert names_in(files, f) == ["other.mp4"]


@pytest.mark.parametrize("name", PERCENT)
def test_a_name_with_percent_signs_in_the_root(act, name):
    bucket.put_bytes(f"files/{name}", b"film", "video/mp4")
    new_name = f"{uuid.uuid4()}.mp4"
    assert act("rename", name, new_name=new_name)["new_path"] == new_name
    assert bucket.get_bytes(f"files/{new_name}") == b"film"


def test_of_two_files_the_decoded_name_is_meant(files, act):
    bucket.put_bytes("files/a b.mp4", b"one", "video/mp4")
    bucket.put_bytes("files/a%20b.mp4", b"two", "video/mp4")
    assert act("rename", "a%20b.mp4", new_name="one.mp4")["ok"] is True
    assert bucket.get_bytes("files/one.mp4") == b"one"
    assert act("rename", "a%20b.mp4", new_name="two.mp4")["ok"] is True
    assert bucket.get_bytes("files/two.mp4") == b"two"


@pytest.mark.parametrize("path", ["/etc/passwd", "nowhere", "none/at/all", "no%20where", "nowhere%2fb"])
def test_nothing_is_made_or_renamed_where_nothing_lies(files, act, path):
    f = folder_with("film.mp4")
    before = {each.key for each in bucket.list_("files/")}
    error = f"path '{unquote(path.removeprefix('/'))}' does not exist."
    assert act("directory", path, new_dir="x")["error"] == error
    assert act("directory", f"{f}/{path}", new_dir="x")["ok"] is False
    assert act("rename", path, new_name="x")["error"] == error
    assert {each.key for each in bucket.list_("files/")} <= before  # a file of an earlier test may have gone meanwhile
    assert act("directory", f"{f}/film.mp4", new_dir="x")["error"] == "Invalid directory path."
    assert act("directory", "/", new_dir=f"{f}/new/inner")["ok"] is True


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("%2e%2e%2fnone", "Path outside download root."),
        ("%2e%2e/none", "Path outside download root."),
        ("%00", "Invalid path."),
        ("%2e", "Cannot operate on root directory."),
        ("none%20at%20all", "path 'none at all' does not exist."),
    ],
)
def test_where_nothing_lies_the_decoded_path_is_judged(act, path, error):
    assert act("rename", path, new_name="x")["error"] == error


@pytest.mark.parametrize(("name", "error"), REFUSED.values(), ids=REFUSED)
def test_a_name_that_deceives_is_not_given(files, act, name, error):
    f = folder_with("film.mp4", "film.en.srt")
    assert act("rename", f"{f}/film.mp4", new_name=name)["error"] == error
    texts = ("Invalid directory path.", error.replace("New name", "New directory name"))
    assert act("directory", f, new_dir=f"new/{name}")["error"] in texts
    assert act("directory", f"{f}/{name}", new_dir="x")["ok"] is False
    assert names_in(files, f) == ["film.en.srt", "film.mp4"]


# Without C0: the XML in which a bucket lists has no such characters.
@pytest.mark.parametrize("name", [name for kind, (name, _) in REFUSED.items() if kind != "C0"])
def test_a_name_that_exists_already_can_be_used_and_is_plain_in_a_zip(files, act, name):
    f = folder_with(f"old {name}/film {name}", "good/x")
    path = f"{f}/old {name}/film {name}"
    (entry,) = zip_of(files, path)
    assert entry == plain_path(path)
    assert act("move", path, new_path=f"{f}/good")["error"] is None
    assert act("rename", f"{f}/good/film {name}", new_name="good.mp4")["error"] is None
    assert names_in(files, f"{f}/good") == ["good.mp4", "x"]


def test_a_zip_unpacks_into_its_own_folder_everywhere(files):
    f = folder_with("..\\..\\evil.bat", "a\\b.mp4", "a⧹b.mp4", "C:evil.bat", "d/C:evil.bat", "plain.mp4")
    expected = ["..⧹..⧹evil.bat", "C：evil.bat", "a⧹b.mp4", "a⧹b (2).mp4", "d/C：evil.bat", "plain.mp4"]
    assert sorted(zip_of(files, f)) == sorted(f"{f}/{name}" for name in expected)
