"""POST /api/history and GET /api/history/add: docs/contract/downloads.md 2.1, 4.3, 4.4, 9 and the contract's Adding."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.item import Shelf, Stage, Status
from dlambda.domain.items.item_parts import Attempt
from dlambda.domain.items.request import read_request
from dlambda.domain.rules.resource import PRESETS
from dlambda.domain.secrets.mask import MASK
from dlambda.store.items import archive, items
from dlambda.usecases.items.add_items import add_items, wait_for
from dlambda.usecases.rules import resources
from tests.clock import FakeClock
from tests.functions.calls import Client, Heard, error
from tests.patience import PATIENCE_SECONDS, must_end
from tests.stack import Stack
from tests.store import records
from tests.store.samples import T0, done

URL = "https://video.example/watch?v=1"
ANSWERED = {"status": "queued"}
COOKIES_HEAD = "# Netscape HTTP Cookie File\n"


def queued() -> list[str]:
    return [items.get(id_).url for id_ in items.page(Shelf.QUEUE, page=1, per_page=99, newest_first=False).ids]


class TestOne:
    def test_it_is_a_record_at_once(self, history: Client, stack: Stack, listening: Heard) -> None:
        status, body = history.post("/api/history", {"url": f"  {URL} "})
        assert status == 200
        [answer] = body
        assert answer["status"] == "queued"
        record = history.get(f"/api/history/{answer['_id']}")[1]
        assert (record["status"], record["title"], record["url"]) == ("pending", URL, URL)
        assert stack.messages("intake") == [{"id": answer["_id"]}]
        [added] = listening.of("item_added")
        assert added["data"]["_id"] == added["_id"] == answer["_id"]
        assert added["title"] == URL  # the item's own wins beside the payload
        assert added["message"] == f"Item '{URL}' has been added to the download queue."

    def test_all_fields_are_kept(self, history: Client) -> None:
        body: dict[str, Any] = {
            "url": URL, "preset": "mobile", "folder": "/sea//side/", "cookies": "# Netscape HTTP Cookie File\n",
            "template": "%(id)s.%(ext)s", "cli": "--write-subs", "auto_start": False, "extras": {"k": 1}, "unknown": 1,
        }  # fmt: skip
        [answer] = history.post("/api/history", body)[1]
        record = history.get(f"/api/history/{answer['_id']}")[1]
        assert {key: record[key] for key in ("preset", "template", "cli", "auto_start", "extras")} == {
            key: body[key] for key in ("preset", "template", "cli", "auto_start", "extras")
        }
        assert record["cookies"].strip() == body["cookies"].strip()
        assert (record["folder"], record["download_dir"]) == ("sea/side", "/downloads/sea/side")

    def test_the_preset_fills_what_is_empty(self, history: Client) -> None:
        resources.create(PRESETS, {"name": "Sea", "folder": "sea", "template": "%(id)s.%(ext)s"})
        own = {"folder": "own", "template": "%(title)s"}
        status, answers = history.post(
            "/api/history", [{"url": URL, "preset": "sea"}, {"url": URL + "0", "preset": "SEA ", **own}]
        )
        assert status == 200, answers
        records = [history.get(f"/api/history/{each['_id']}")[1] for each in answers]
        assert [(each["folder"], each["template"]) for each in records] == [
            ("sea", "%(id)s.%(ext)s"),
            ("own", "%(title)s"),
        ]

    def test_defaults(self, history: Client) -> None:
        [answer] = history.post("/api/history", {"url": URL})[1]
        record = history.get(f"/api/history/{answer['_id']}")[1]
        settings = current().settings
        assert record["preset"] == settings.default_preset
        assert record["template"] == settings.output_template
        assert record["template_chapter"] == settings.output_template_chapter
        assert (record["folder"], record["download_dir"], record["auto_start"]) == ("", settings.download_path, True)
        assert record["timestamp"] > 1e18

    def test_an_eleven_character_id_is_a_video(self, history: Client) -> None:
        history.post("/api/history", {"url": "dQw4w9WgXcQ"})
        assert queued() == ["https://www.youtube.com/watch?v=dQw4w9WgXcQ"]

    @pytest.mark.parametrize(
        ("field", "value", "kept"),
        [
            ("auto_start", "false", True), ("auto_start", 0, True), ("auto_start", None, True),
            ("extras", [], {}), ("extras", "x", {}), ("extras", {}, {}), ("folder", 5, ""), ("cli", "ab", ""),
            ("cli", "-", ""), ("cli", "-w", "-w"),
            ("cli", None, ""), ("cookies", ["a"], ""), ("cookies", {}, ""),
        ],
    )  # fmt: skip
    def test_what_has_another_type_is_ignored(
        self, history: Client, field: str, value: Any, kept: bool | dict[str, Any] | str
    ) -> None:
        [answer] = history.post("/api/history", {"url": URL, field: value})[1]
        assert history.get(f"/api/history/{answer['_id']}")[1][field] == kept

    def test_the_root_is_shown_by_its_setting(self, history: Client, configure: Callable[..., None]) -> None:
        configure(download_path="/data/videos/")
        [answer] = history.post("/api/history", {"url": URL, "folder": "a"})[1]
        assert history.get(f"/api/history/{answer['_id']}")[1]["download_dir"] == "/data/videos/a"


REFUSED = [
    ({}, "url param is required."),
    ({"url": ""}, "url param is required."),
    ({"url": "   "}, "url param is required."),
    ({"url": 5}, "url param is required."),
    ({"url": None}, "url param is required."),
    ({"url": "ftp://video.example/x"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
    ({"url": "file:///etc/passwd"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
    ({"url": "http://"}, "Invalid hostname."),
    ({"url": URL, "preset": "bad"}, "Preset 'bad' does not exist."),
    ({"url": URL, "folder": "../x"}, 'Folder "../x" must resolve inside the base download folder "/downloads".'),
    ({"url": URL, "template": "/x/%(title)s"}, None),
    ({"url": URL, "template": "%(title"}, 'Template "%(title" is not valid: incomplete format key.'),
    ({"url": URL, "cli": "--exec rm"}, "Option '--exec' is not allowed."),
]


class TestRefused:
    @pytest.mark.parametrize(("body", "text"), REFUSED)
    def test_with_the_reason_and_the_element(
        self, history: Client, stack: Stack, body: dict[str, Any], text: str | None
    ) -> None:
        status, answer = history.post("/api/history", body)
        assert status == 400
        assert text is None or answer["error"] == text
        assert answer["data"] == body
        assert queued() == []
        assert stack.messages("intake") == []

    def test_options_that_do_not_parse(self, history: Client) -> None:
        status, answer = history.post("/api/history", {"url": URL, "cli": "--no-such-option"})
        assert status == 400
        assert answer["error"].startswith("Failed to parse command options for yt-dlp. ")

    def test_the_first_bad_element_refuses_all(self, history: Client) -> None:
        bad = {"url": URL, "preset": "bad"}
        status, answer = history.post("/api/history", [{"url": URL + "0"}, bad, {"url": ""}])
        assert (status, answer["data"]) in [(400, bad), (400, {"url": ""})]
        assert queued() == []

    @pytest.mark.parametrize("body", [[], None, 5, "text", True, [5], [[]], [None]])
    def test_bodies_of_another_kind(self, history: Client, body: Any) -> None:
        status, answer = history.post("/api/history", body)
        assert status == 400
        assert answer["error"]
        assert queued() == []

    @pytest.mark.parametrize(
        "body", ["{", "", "nonsense", b"\xff\xfe{}", "[" * 100_000, '{"url": "https://a.example/\\ud800"}']
    )
    def test_what_is_no_json(self, history: Client, body: str | bytes) -> None:
        status, answer = history.raw("POST", "/api/history", body)
        assert status == 400
        assert answer["error"]

    @pytest.mark.parametrize("field", ["cookies", "folder", "template", "extras"])
    def test_broken_text_is_refused_or_mended(self, history: Client, field: str) -> None:
        broken = '{"k": "\\ud800"}' if field == "extras" else '"\\ud800"'
        text = f'{{"url": "{URL}", "{field}": {broken}}}'
        assert history.raw("POST", "/api/history", text)[0] in (200, 400)
        assert history.get("/api/history")[0] == 200

    @pytest.mark.parametrize("field", ["cookies", "extras", "template", "cli", "preset"])
    def test_what_no_record_can_hold(self, history: Client, field: str) -> None:
        huge = "#" * 500_000
        value = {"k": huge} if field == "extras" else huge
        assert history.post("/api/history", {"url": URL, field: value})[0] == 400
        assert queued() == []

    @pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://localhost/", "http://10.0.0.1/", "http://[::1]/"])
    def test_private_addresses(self, history: Client, configure: Callable[..., None], url: str) -> None:
        configure(allow_internal_urls=False)
        text = "Access to internal urls or private networks is not allowed."
        assert error(history.post("/api/history", {"url": url})) == (400, text)

    def test_the_default_preset_is_never_looked_up(self, history: Client, configure: Callable[..., None]) -> None:
        configure(default_preset="mine")
        assert history.post("/api/history", {"url": URL, "preset": " MINE "})[0] == 200


class TestSeveral:
    def test_answers_and_records_are_in_the_order_of_the_request(self, history: Client, listening: Heard) -> None:
        urls = [f"{URL}{number}" for number in range(70)]
        status, body = history.post("/api/history", [{"url": url} for url in urls])
        assert status == 200
        assert [each["status"] for each in body] == ["queued"] * 70
        assert queued() == urls
        assert [items.get(each["_id"]).url for each in body] == urls
        assert [each["url"] for each in listening.of("item_added")] == urls

    def test_they_share_a_batch(self, history: Client) -> None:
        body = history.post("/api/history", [{"url": URL, "extras": {"k": 1}}, {"url": URL + "0"}])[1]
        extras = [items.get(each["_id"]).extras for each in body]
        assert [(each["batch_index"], each["batch_total"]) for each in extras] == [(0, 2), (1, 2)]
        assert extras[0]["batch_id"] == extras[1]["batch_id"]
        assert extras[0]["k"] == 1
        other = history.post("/api/history", [{"url": URL + "1"}, {"url": URL + "2"}])[1]
        assert items.get(other[0]["_id"]).extras["batch_id"] != extras[0]["batch_id"]

    def test_more_than_one_transaction_holds(self, history: Client) -> None:
        jar = COOKIES_HEAD + "".join(
            f".site{number}.example\tTRUE\t/\tFALSE\t0\tid\t{number}\n" for number in range(4000)
        )
        status, answers = history.post("/api/history", [{"url": f"{URL}{n}", "cookies": jar} for n in range(24)])
        assert status == 200
        stored = items.find_many(answer["_id"] for answer in answers)
        assert [item.url for item in stored] == [f"{URL}{n}" for n in range(24)] == queued()
        assert {item.cookies for item in stored} == {jar.strip()}
        history.post("/api/history/cancel", {"ids": [item.id for item in stored]})
        assert items.count(Shelf.DONE, [Status.CANCELLED]) == 24

    def test_one_alone_has_no_batch(self, history: Client) -> None:
        [answer] = history.post("/api/history", [{"url": URL}])[1]
        assert "batch_id" not in items.get(answer["_id"]).extras

    def test_a_url_twice_in_one_body_is_one_record(self, history: Client, listening: Heard) -> None:
        body = history.post("/api/history", [{"url": URL}, {"url": URL}])[1]
        assert [each["status"] for each in body] == ["queued", "queued"]
        assert queued() == [URL]
        assert listening.names.count("item_added") == 1
        assert listening.names.count("log_info") == 1


class TestKnownUrls:
    def test_one_in_the_queue_stays_alone(self, history: Client, stack: Stack, listening: Heard) -> None:
        [first] = history.post("/api/history", {"url": URL})[1]
        stack.messages("intake")
        assert history.post("/api/history", {"url": URL})[0] == 200
        assert queued() == [URL]
        assert stack.messages("intake") == []
        assert listening.names == ["item_added", "log_info"]
        assert first["_id"] in listening.of("log_info")[0]["message"]

    @pytest.mark.parametrize("status", [Status.FINISHED, Status.ERROR, Status.CANCELLED])
    def test_one_in_the_history_is_replaced(self, history: Client, listening: Heard, status: Status) -> None:
        records.add([done("old", status, url=URL, posted_url="https://short.example/1")])
        for url in (URL, "https://short.example/1"):
            [answer] = history.post("/api/history", {"url": url})[1]
            break
        assert items.find("old") is None
        assert history.get(f"/api/history/{answer['_id']}")[0] == 200
        assert listening.names == ["item_deleted", "item_added"]
        assert listening.of("item_deleted")[0]["data"]["_id"] == "old"

    def test_one_in_the_history_and_in_the_archive_stays(self, history: Client, listening: Heard) -> None:
        name = current().settings.archive_file
        records.add([done("old", url=URL, posted_url=URL, archive=name, archive_id="site 1")])
        archive.add(name, ["site 1"], T0)
        assert history.post("/api/history", {"url": URL})[0] == 200
        assert items.find("old")
        assert queued() == []
        [told] = listening.of("log_info")
        assert told["title"] == "Already Downloaded"
        assert told["message"] == f"The URL '{URL}':'site 1' is already downloaded and recorded in archive."

    def test_fifty_at_once_make_one_record(self, group: Callable[[str], Client], listening: Heard) -> None:
        clients = [group("history") for _ in range(50)]
        answers = []
        threads = [
            threading.Thread(target=lambda each=client: answers.append(each.post("/api/history", {"url": URL})))
            for client in clients
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [status for status, _ in answers] == [200] * 50
        assert queued() == [URL]
        assert listening.names.count("item_added") == 1


def end_intake(status: Status = Status.ERROR, **fields: object) -> threading.Thread:
    """What the intake does a moment later."""

    def work() -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            ids = items.page(Shelf.QUEUE, page=1, per_page=9, newest_first=False).ids
            if ids:
                found = items.get(ids[0])
                if found.stage is Stage.AWAITING_RETRY:
                    found = records.save(found, found.clear_retry())
                records.save(found, found.evolve(**({"status": status} | fields)))
                return
            time.sleep(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


class TestAgain:
    def test_one_in_the_queue_answers_its_id(self, history: Client) -> None:
        [first] = history.post("/api/history", {"url": URL})[1]
        [second] = history.post("/api/history", {"url": f" {URL} "})[1]
        assert second == first

    def test_one_that_stands_twice_in_a_body(self, history: Client) -> None:
        first, second, other = history.post("/api/history", [{"url": URL}, {"url": URL}, {"url": f"{URL}0"}])[1]
        assert first["_id"] == second["_id"] != other["_id"]

    def test_one_in_the_archive_answers_its_id(self, history: Client) -> None:
        name = current().settings.archive_file
        records.add([done("old", url=URL, posted_url=URL, archive=name, archive_id="site 1")])
        archive.add(name, ["site 1"], T0)
        assert history.post("/api/history", {"url": URL})[1][0]["_id"] == "old"


FORM = "application/x-www-form-urlencoded"


class TestForms:
    def test_fields(self, history: Client) -> None:
        body = "url=https%3A%2F%2Fvideo.example%2Fa%3Fb%3D1&folder=sea&auto_start=false&extras=%7B%22k%22%3A1%7D&cli="
        status, [answer] = history.call("POST", "/api/history", data=body, content_type=f"{FORM}; charset=utf-8")
        assert (status, answer["status"]) == (200, "queued")
        record = items.get(answer["_id"])
        assert (record.url, record.folder, record.auto_start, record.extras) == (
            "https://video.example/a?b=1", "sea", False, {"k": 1},
        )  # fmt: skip

    @pytest.mark.parametrize("extras", ['{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 100_000])
    def test_extras_that_are_no_json_are_none(self, history: Client, extras: str) -> None:
        form = {"url": URL, "extras": extras}
        status, [answer] = history.call("POST", "/api/history", data=form, content_type=FORM)
        assert (status, items.get(answer["_id"]).extras) == (200, {})

    def test_several_addresses(self, history: Client) -> None:
        answers = history.call("POST", "/api/history/", data=f"url={URL}&folder=sea&url={URL}0", content_type=FORM)[1]
        assert [items.get(answer["_id"]).folder for answer in answers] == ["sea", "sea"]

    def test_parts(self, history: Client) -> None:
        status, [answer] = history.call("POST", "/api/history", data={"url": URL}, content_type="multipart/form-data")
        assert (status, items.get(answer["_id"]).url) == (200, URL)

    def test_json_that_says_it_is_a_form(self, history: Client) -> None:
        status, _ = history.call("POST", "/api/history", data=f'{{"url": "{URL}"}}', content_type=FORM)
        assert status == 200

    @pytest.mark.parametrize(
        ("path", "body", "text"),
        [
            ("/api/history", '{"url": "https://video.example/?a=1"', "Invalid JSON in request body."),
            ("/api/history", "uri=https://video.example/", "Invalid JSON in request body."),
            ("/api/history", "url=", "url param is required."),
            ("/api/history", "url=ftp://video.example/", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
            ("/api/history/cancel", "url=https://video.example/", "Invalid JSON in request body."),
        ],
    )
    def test_what_is_no_form(self, history: Client, path: str, body: str, text: str) -> None:
        assert error(history.call("POST", path, data=body, content_type=FORM)) == (400, text)


def test_two_addresses_in_one_are_refused(history: Client) -> None:
    for url in (f"{URL}\n{URL}", f"{URL} {URL}", f"{URL}\tx"):
        status, body = history.post("/api/history", {"url": url})
        assert (status, body["error"], body["data"]) == (400, "Invalid URL.", {"url": url})
    assert queued() == []


class TestWaiting:
    def test_sync_answers_what_became_of_each(self, history: Client) -> None:
        worker = end_intake(error="No such video.")
        body = {"url": URL, "extra": 1}
        [answer] = history.post("/api/history?sync=true", [body])[1]
        assert items.get(answer.pop("_id")).url == URL
        assert answer == {"item": body, "status": False, "msg": "No such video."}
        worker.join()

    def test_sync_answers_success(self, history: Client) -> None:
        worker = end_intake(Status.PENDING, extracted=True)
        [answer] = history.post("/api/history?sync=true", {"url": URL})[1]
        assert (answer["status"], answer["msg"]) == (True, None)
        worker.join()

    def test_a_failed_try_is_no_outcome_while_another_comes_soon(self, history: Client, clock: FakeClock) -> None:
        retry_at = clock.time() + 2
        clock.after(
            0.05, lambda: end_intake(Status.PENDING, error="HTTP Error 503", attempt=Attempt(retry_at=retry_at)).join()
        )
        clock.after(3, lambda: end_intake(error="No such video.").join())
        [answer] = history.post("/api/history?sync=true", {"url": URL})[1]
        assert (answer["status"], answer["msg"]) == (False, "No such video.")
        assert clock.time() >= retry_at

    def test_one_that_is_tried_again_later_is_accepted_and_says_why_it_waits(self, history: Client) -> None:
        worker = end_intake(Status.PENDING, error="HTTP Error 429", attempt=Attempt(retry_at=time.time() + 60))
        [answer] = history.post("/api/history?sync=true", {"url": URL})[1]
        assert (answer["status"], answer["msg"]) == (True, "HTTP Error 429")
        worker.join()

    def test_one_that_is_tried_again_later_is_not_waited_for(self, stack: Stack) -> None:
        added = add_items([read_request({"url": URL})])
        worker = end_intake(Status.PENDING, error="HTTP Error 429", attempt=Attempt(retry_at=time.time() + 7200))
        with must_end():
            assert wait_for(added, seconds=3600)[0].trouble == "HTTP Error 429"
        worker.join()

    def test_a_link_adds(self, history: Client) -> None:
        worker = end_intake(Status.PENDING, extracted=True)
        status, body = history.get("/api/history/add", url=URL, preset="mobile", folder="/sea/")
        worker.join()
        record = records.find_by_url(URL)
        assert record
        assert (record.preset, record.folder) == ("mobile", "sea")
        assert (status, body) == (200, {"status": True, "message": "URL added", "_id": record.id})

    def test_a_link_that_is_followed_again_names_the_same_record(self, history: Client) -> None:
        worker = end_intake(Status.PENDING, extracted=True)
        first = history.get("/api/history/add", url=URL)[1]
        worker.join()
        assert history.get("/api/history/add", url=URL) == (200, first)

    def test_a_link_into_a_folder_outside(self, history: Client) -> None:
        status, body = history.get("/api/history/add", url=URL, folder="../x")
        assert (status, body["status"]) == (400, False)
        assert "must resolve inside the base download folder" in body["message"]

    def test_a_link_tells_why_not(self, history: Client) -> None:
        worker = end_intake(error="No such video.")
        status, body = history.get("/api/history/add", url=URL)
        assert (status, body["status"], body["message"]) == (200, False, "No such video.")
        worker.join()

    @pytest.mark.parametrize("query", [{}, {"url": ""}, {"url": " "}])
    def test_a_link_without_url(self, history: Client, query: dict[str, str]) -> None:
        status, body = history.get("/api/history/add", **query)
        text = "url param is required."
        assert status == 400
        assert (body["status"], body["message"], body["error"]) == (False, text, text)

    def test_a_link_with_an_unknown_preset(self, history: Client) -> None:
        status, body = history.get("/api/history/add/", url=URL, preset="x")
        assert status == 404
        assert (body["status"], body["message"]) == (False, "Preset 'x' does not exist.")

    def test_a_link_to_what_is_no_web_address(self, history: Client) -> None:
        status, body = history.get("/api/history/add", url="ftp://x.example/")
        assert status == 400
        assert (body["status"], body["message"]) == (False, "Invalid scheme usage. Only HTTP or HTTPS allowed.")


def test_a_mask_sent_again_means_what_the_record_had(history: Client) -> None:
    cli = "--proxy http://u:s3cret@9.9.9.9:80"
    records.add([done("a", url="https://9.9.9.9/a.mp4", posted_url="https://9.9.9.9/a.mp4", cookies="c", cli=cli)])
    shown = history.get("/api/history", type="done")[1]["items"][0]
    again = {key: shown[key] for key in ("url", "preset", "cli", "cookies")}
    assert history.post("/api/history", again)[0] == 200
    [item] = items.find_many([each["_id"] for each in history.get("/api/history/live")[1]["queue"].values()])
    assert (item.cookies, item.cli) == ("c", cli)


def test_many_of_the_history_that_are_added_again_keep_their_order_and_their_secrets(history: Client) -> None:
    urls = [f"https://9.9.9.9/{number}.mp4" for number in range(30)]
    records.add([done(f"old-{url}", url=url, posted_url=url, cookies=f"cookies of {url}") for url in urls])
    status, answers = history.post("/api/history", [{"url": url, "cookies": MASK} for url in urls])
    assert status == 200
    stored = items.find_many(items.page(Shelf.QUEUE, page=1, per_page=99, newest_first=False).ids)
    assert [(item.url, item.cookies) for item in stored] == [(url, f"cookies of {url}") for url in urls]
    assert [answer["_id"] for answer in answers] == [item.id for item in stored]
    assert items.count(Shelf.DONE) == 0


def test_a_mask_of_nothing_is_nothing(history: Client) -> None:
    body = {"url": "https://9.9.9.9/b.mp4", "cookies": "********"}
    assert history.post("/api/history", body)[0] == 200
    [shown] = history.get("/api/history/live")[1]["queue"].values()
    assert (shown["cookies"], shown["has_cookies"]) == ("", False)


def test_a_body_that_is_a_text_is_told_as_it_was_sent(history: Client) -> None:
    status, body = history.raw("POST", "/api/history", '"x"')
    assert (status, body["data"]) == (400, "x")
