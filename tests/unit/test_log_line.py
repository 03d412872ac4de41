"""What no line of the log may hold, and what clients see of one (docs/contract/system.md 6; README, Secrets)."""

import json
import logging
from pathlib import Path

import pytest

from dlambda.aws import log_files
from dlambda.domain.telemetry.log_line import Wanted, credential_forms, entry_of, masked, masked_values
from dlambda.entry.log_file import RotatedFile, older, rotate
from dlambda.entry.logs import JsonLines

SECRET = "s3cr3t-Value"

HIDING = [
    f"GET /api/ping?apikey={SECRET}",
    f"GET https://a.example/x?token={SECRET}&y=1",
    f"https://a.example/?access_token={SECRET}",
    f"https://bucket.example/dlambda/files/a.mp4?X-Amz-Algorithm=AWS4&X-Amz-Signature={SECRET}",
    f"https://bucket.example/a?X-Amz-Credential={SECRET}%2F20260101&X-Amz-Date=1",
    f"https://bucket.example/a?X-Amz-Security-Token={SECRET}",
    f"https://cdn.example/a?Signature={SECRET}&Key-Pair-Id=1",
    f"Authorization: Basic {SECRET}",
    f"authorization: bearer {SECRET}",
    f"{{'Authorization': 'Bearer {SECRET}'}}",
    f'{{"Authorization": "Basic {SECRET}"}}',
    f"X-Api-Key: {SECRET}",
    f"{{'x-auth-token': '{SECRET}'}}",
    f"Cookie: sid={SECRET}; b=2",
    f"Set-Cookie: sid={SECRET}; Path=/",
    f"{{'Cookie': 'sid={SECRET}'}}",
    f"proxy http://user:{SECRET}@proxy.example:8080 refused",
    f"socks5://user:{SECRET}@10.0.0.1",
    f"--username me --password {SECRET} -f best",
    f"-u me -p {SECRET}",
    f"--video-password={SECRET}",
    f"--add-headers Authorization:{SECRET}",
    f"--add-headers 'X-Thing:{SECRET}'",
    f".a.example\tTRUE\t/\tTRUE\t1893456000\tsid\t{SECRET}",
    f"'.a.example\\tTRUE\\t/\\tTRUE\\t1893456000\\tsid\\t{SECRET}'",
    f'{{"url": "u", "cookies": "{SECRET} and more {SECRET}"}}',
    f'{{"password": "{SECRET}"}}',
    f"Request(url='u', cookies='{SECRET}')",
]


@pytest.mark.parametrize("text", HIDING)
def test_a_line_hides_its_secrets(text: str) -> None:
    assert SECRET not in masked(text)
    assert "********" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/history?page=2&per_page=50 200",
        "downloaded 75 %",
        "https://video.example/watch?v=dQw4w9WgXcQ&list=PL1",
        "[youtube] x: Sign in to confirm you're not a bot. Use --cookies-from-browser or --cookies",
        "uploaded clip.mp4, 2080000 bytes",
        "Option '--exec' is not allowed.",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_the_services_own_secrets_are_known_in_every_form() -> None:
    forms = credential_forms("me", "pass?>word")
    text = "bWU6cGFzcz8+d29yZA== bWU6cGFzcz8-d29yZA pass?>word"
    assert masked(text, forms) == "******** ******** ********"
    assert credential_forms("me", "") == []


def test_members_with_telling_names_are_masked_whole_at_every_depth() -> None:
    found = masked_values(
        {
            "cookies": "a",
            "headers": {"X": "y"},
            "body": {"password": "p", "n": 5},
            "urls": ["?token=x"],
            "empty": {"cookies": ""},
        }
    )
    assert found == {
        "cookies": "********", "headers": "********", "body": {"password": "********", "n": 5},
        "urls": ["?token=********"], "empty": {"cookies": ""},
    }  # fmt: skip


def line(message: str, level: int = logging.INFO, **extra: object) -> str:
    record = logging.makeLogRecord(
        {
            "name": "dlambda.x",
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "msg": message,
            "created": 1767261600.12,
            **extra,
        }
    )
    return JsonLines(["own-password"]).format(record)


def test_extra_values_and_tracebacks_are_masked_too() -> None:
    try:
        raise ValueError(f"https://a.example/?token={SECRET}")
    except ValueError as error:
        written = line(
            "failed",
            logging.ERROR,
            item_id="i1",
            body=f'{{"cookies": "{SECRET}"}}',
            also="own-password",
            exc_info=(type(error), error, error.__traceback__),
        )
    assert SECRET not in written
    assert "own-password" not in written
    assert json.loads(written)["item_id"] == "i1"
    assert "ValueError" in json.loads(written)["exception"]


def test_an_entry_has_the_fields_of_both_shapes() -> None:
    entry = entry_of(line("hello", item_id="i1"), "1-0")
    assert entry["line"] == "[INFO.dlambda.x]: hello"
    assert entry["datetime"] == entry["timestamp"] == "2026-01-01T10:00:00.120+00:00"
    assert (entry["level"], entry["message"], entry["item_id"]) == ("INFO", "hello", "i1")
    assert len(entry["id"]) == 64
    assert entry["id"] != entry_of(line("hello", item_id="i1"), "1-200")["id"]


def test_a_line_of_another_program_is_an_entry_too() -> None:
    entry = entry_of("just text\n", "1-0")
    assert (entry["line"], entry["datetime"]) == ("[INFO.root]: just text", None)


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Wanted(), True),
        (Wanted(item_id="i1"), True),
        (Wanted(item_id="i2"), False),
        (Wanted(level="INFO"), True),
        (Wanted(level="WARNING"), False),
        (Wanted(search="HELLO"), True),
        (Wanted(search="bye"), False),
    ],
)
def test_who_wants_what(wanted: Wanted, takes: bool) -> None:
    assert wanted.takes(entry_of(line("hello", item_id="i1"), "1-0")) is takes


def write(path: Path, *numbers: int) -> None:
    with path.open("a") as file:
        file.writelines(line(f"line {number}", item_id=f"i{number % 2}") + "\n" for number in numbers)


def messages(entries: list[dict[str, str]]) -> list[str]:
    return [entry["message"] for entry in entries]


def test_pages_are_counted_from_the_newest_over_all_files(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write(older(path, 2), *range(5))
    write(older(path, 1), *range(5, 10))
    write(path, *range(10, 15))
    assert messages(log_files.newest(path, 0, 3, Wanted())[0]) == ["line 12", "line 13", "line 14"]
    assert messages(log_files.newest(path, 3, 3, Wanted())[0]) == ["line 9", "line 10", "line 11"]
    assert log_files.newest(path, 12, 3, Wanted()) == (log_files.newest(path, 12, 99, Wanted())[0], False)
    assert log_files.newest(path, 11, 3, Wanted())[1] is True
    assert messages(log_files.newest(path, 1, 2, Wanted(item_id="i1"))[0]) == ["line 9", "line 11"]


def test_lines_longer_than_a_block_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join([line("a" * 200_000), line("b"), line("c" * 70_000)]) + "\n")
    assert [len(each) for each in messages(log_files.newest(path, 0, 9, Wanted())[0])] == [200_000, 1, 70_000]


def test_no_file_no_entries(tmp_path: Path) -> None:
    assert log_files.newest(tmp_path / "log.jsonl", 0, 10, Wanted()) == ([], False)


def test_following_goes_on_over_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write(path, 1, 2)
    place = log_files.end_of(path)
    write(path, 3)
    found, place = log_files.after(path, place)
    assert messages(found) == ["line 3"]
    write(path, 4)
    assert rotate(path, 10)
    write(path, 5)
    found, place = log_files.after(path, place)
    assert messages(found) == ["line 4", "line 5"]
    assert log_files.after(path, place)[0] == []


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write(path, 1)
    place = log_files.end_of(path)
    text = line("line 2") + "\n"
    with path.open("a") as file:
        file.write(text[:20])
        file.flush()
        assert log_files.after(path, place) == ([], place)
        file.write(text[20:])
    assert messages(log_files.after(path, place)[0]) == ["line 2"]


def test_a_large_file_is_renamed_and_old_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    handler = RotatedFile(path, largest_bytes=2_000)
    handler.setFormatter(JsonLines())
    for number in range(2_000):
        handler.emit(logging.makeLogRecord({"msg": f"line {number}", "levelname": "INFO"}))
    handler.close()
    names = sorted(each.name for each in tmp_path.iterdir() if each.suffix != ".lock")
    assert names == ["log.jsonl", "log.jsonl.1", "log.jsonl.2", "log.jsonl.3", "log.jsonl.4"]
    assert messages(log_files.newest(path, 0, 1, Wanted())[0]) == ["line 1999"]


def test_an_entry_says_where_it_comes_from_and_what_was_raised() -> None:
    try:
        Path("/nowhere/at/all").read_text()
    except OSError as error:
        record = logging.LogRecord(
            "dlambda.x", logging.ERROR, "/opt/x/functions/dlambda/entry/http.py", 7, "No %s", ("way",),
            (type(error), error, error.__traceback__), "_render",
        )  # fmt: skip
    vars(record).update(item_id="i1", status=500, url="https://a.example/?token=hush")
    entry = entry_of(JsonLines().format(record), "1-0")
    assert (entry["level"], entry["levelno"], entry["logger"]) == ("ERROR", 40, "dlambda.x")
    assert entry["source"] == {
        "path": "dlambda/entry/http.py", "file": "http.py", "module": "http", "function": "_render", "line": 7,
    }  # fmt: skip
    raised = entry["exception"]
    assert (raised["type"], raised["stack"][-1]["file"]) == ("FileNotFoundError", "pathlib.py")
    assert raised["file"] == raised["stack"][-1]["path"]
    assert "/nowhere/at/all" in raised["message"]
    entry["fields"].pop("request_id", None)  # of a request that this process answered
    assert entry["fields"] == {"item_id": "i1", "status": 500, "url": "https://a.example/?token=********"}
    assert entry["line"].startswith("[ERROR.dlambda.x]: No way\nTraceback")


def test_an_entry_of_another_program_has_no_source() -> None:
    entry = entry_of("plain words", "1-0")
    assert (entry["level"], entry["levelno"], entry["logger"], entry["message"]) == ("INFO", 20, "root", "plain words")
    assert (entry["source"], entry["exception"], entry["fields"]) == (None, None, {})
