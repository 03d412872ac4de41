"""Where the secrets of users can be read, and that a mask sent back keeps them: contract README, Secrets."""

import json
import logging

import pytest

from dlambda.domain.items.item import Shelf
from dlambda.domain.secrets.mask import MASK
from dlambda.entry.logs import JsonLines
from dlambda.media.workers.redaction import Redaction
from dlambda.media.ytdlp.worker_jobs import OptionTexts, Places
from dlambda.store.items import items
from dlambda.store.rules import resources
from dlambda.usecases.items.options import item_params
from dlambda.usecases.rules.presets import default_preset
from tests.store import records
from tests.store.samples import done

SECRET = "s3cr3t-Value"
URL = "https://9.9.9.9/a.mp4"
OPTIONS = {
    "password": f"--username me --password {SECRET}",
    "short": f"-u me -p{SECRET}",
    "abbreviated": f"-u me --passw='{SECRET} '",
    "video password": f"--video-password={SECRET}",
    "second factor": f"-u me -p {SECRET} -2 {SECRET}",
    "header": f"--add-headers 'Authorization: Bearer {SECRET}'",
    "cookie": f'--add-header "Cookie:sid={SECRET}; a=b"',
    "own header": f"--add-headers X-Session:{SECRET}",
    "token": f"--extractor-args 'youtube:player_client=web;po_token=web.gvs+{SECRET}'",
    "visitor": f"--extractor-args youtube:visitor_data={SECRET}",
    "proxy": f"--proxy http://me:{SECRET}@9.9.9.9:80",
    "address": f"--referer 'https://a.example/?access_token={SECRET}'",
    "comment": f"-f best\n# -u me -p {SECRET}",
    "several": f"-u me -p {SECRET}\n--add-headers X-Api-Key:{SECRET} --proxy me:{SECRET}@9.9.9.9:80",
}
with_options = pytest.mark.parametrize("cli", OPTIONS.values(), ids=OPTIONS)


def hidden(*answers):
    return all(SECRET not in json.dumps(answer, default=str) for answer in answers)


def at_rest(stack):
    """Everything that tables hold."""
    return [stack.rows(noun) for noun in ("items", "resources", "runs", "cache")]


@with_options
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("presets", {}),
        ("conditions", {"filter": "duration>1", "extras": {"set_cookies": SECRET, "nested": {"api_token": SECRET}}}),
        ("tasks", {"url": URL, "enabled": False}),
    ],
)
def test_only_the_owners_page_shows_what_options_hide(group, system, listening, stack, name, body, cli):
    api = group(name)
    body = {"name": "mine", "cli": cli, **body}
    status, made = api.post(f"/api/{name}", body)
    own = f"/api/{name}/{made['id']}"
    assert (status, MASK in made["cli"]) == (200, True)
    listed = [each for each in api.get(f"/api/{name}")[1]["items"] if each["id"] == made["id"]]
    # What a list showed is sent back, with another field changed.
    changed = api.call("PATCH", own, {"cli": listed[0]["cli"], "name": "other"})
    replaced = api.call("PUT", own, {**body, **listed[0], "name": "third"})
    assert (changed[0], replaced[0]) == (200, 200)
    shown = api.get(own)[1]
    assert (shown["cli"], shown["name"]) == (cli, "third")
    assert {key: shown[key] for key in body if key not in {"name", "url"}} == {
        key: body[key] for key in body if key not in {"name", "url"}
    }
    configuration = system.get("/api/system/configuration")
    gone = api.delete(own)
    assert hidden(made, listed, changed, replaced, configuration, gone, listening.frames, at_rest(stack))


@with_options
def test_an_items_options_are_shown_by_its_own_page_alone(history, listening, stack, cli):
    body = {"url": URL, "cli": cli, "auto_start": False, "extras": {"set_cookies": SECRET, "n": 1}}
    added = history.post("/api/history", body)
    assert added[0] == 200
    live, queue = history.get("/api/history/live"), history.get("/api/history", type="queue")
    [listed] = live[1]["queue"].values()
    assert (MASK in listed["cli"], listed["extras"]["set_cookies"]) == (True, MASK)
    assert hidden(added, live, queue, listening.frames, at_rest(stack))
    shown = history.get(f"/api/history/{listed['_id']}")[1]
    assert (shown["cli"], shown["extras"]["set_cookies"]) == (cli, SECRET)


@with_options
def test_an_edit_and_a_retry_keep_what_a_list_masked(history, listening, stack, cli):
    records.add([done("a", url=URL, posted_url=URL, cli=cli, cookies=SECRET, extras={"token": SECRET})])
    [listed] = history.get("/api/history", type="done")[1]["items"]
    edited = history.post("/api/history/a", {"title": "T", "cli": listed["cli"], "extras": listed["extras"]})
    assert (edited[0], items.get("a").cli, items.get("a").extras) == (200, cli, {"token": SECRET})
    again = {key: listed[key] for key in ("url", "cli", "cookies", "extras")} | {"auto_start": False}
    added = history.post("/api/history", again)
    assert added[0] == 200
    [new] = items.iterate(Shelf.QUEUE)
    assert (new.cli, new.cookies, new.extras["token"]) == (cli, SECRET, SECRET)
    assert hidden(edited, added, listening.frames, at_rest(stack))


@pytest.mark.parametrize("cli", [OPTIONS["password"], OPTIONS["header"], OPTIONS["token"], OPTIONS["proxy"]])
def test_a_download_uses_the_real_values(history, stack, cli):
    records.add([done("a", url=URL, posted_url=URL, cli=cli)])
    [listed] = history.get("/api/history", type="done")[1]["items"]
    history.post("/api/history/a", {"cli": f"{listed['cli']} -f b"})
    params = item_params(items.get("a"), default_preset())
    assert SECRET in json.dumps(params, default=str)
    assert MASK not in json.dumps(params, default=str)


TARGETS = {
    "telegram": f"tgram://{SECRET}/123",
    "mail": f"mailto://me:{SECRET}@a.example",
    "discord": f"https://discord.com/api/webhooks/1/{SECRET}",
    "slack": f"https://hooks.slack.com/services/T0/B0/{SECRET}",
    "login": f"https://me:{SECRET}@a.example/in",
    "query": f"https://a.example/in?token={SECRET}",
}


@pytest.mark.parametrize("url", TARGETS.values(), ids=TARGETS)
def test_a_targets_address_is_shown_by_its_own_page_alone(group, listening, stack, url):
    api = group("notifications")
    body = {"name": "ops", "request": {"url": url, "headers": [{"key": "X-Key", "value": SECRET}]}}
    made = api.post("/api/notifications", body)[1]
    own = f"/api/notifications/{made['id']}"
    listed = api.get("/api/notifications")[1]["items"][0]
    assert MASK in listed["request"]["url"]
    changed = api.call("PATCH", own, {"enabled": False, "request": listed["request"]})
    replaced = api.call("PUT", own, {**listed, "name": "other"})
    assert (changed[0], replaced[0]) == (200, 200)
    shown = api.get(own)[1]
    assert (shown["name"], shown["request"]["url"], shown["request"]["headers"]) == (
        "other", url, body["request"]["headers"],
    )  # fmt: skip
    assert hidden(made, listed, changed, replaced, listening.frames, at_rest(stack))
    elsewhere = {**listed["request"], "url": listed["request"]["url"].replace("://", "://x", 1)}
    if "tgram" not in url and "mailto" not in url:
        assert api.call("PATCH", own, {"request": elsewhere})[0] == 400
    assert api.post("/api/notifications", {**listed, "name": "copy"})[0] == 400


def test_what_an_earlier_release_stored_as_shown_is_masked_when_it_is_read(group, stack):
    fields = {"name": "old", "description": "", "folder": "", "template": "", "cookies": "", "priority": 0}
    fields["cli"] = OPTIONS["password"]
    resources.add("presets", resources.Content(fields, fields, "old"), first_id=101)
    [listed] = [each for each in group("presets").get("/api/presets")[1]["items"] if each["name"] == "old"]
    assert hidden(listed)


@with_options
def test_a_command_line_hides_what_its_preset_hides(group, configure, cli):
    configure(console_enabled=True)
    group("presets").post("/api/presets", {"name": "mine", "cli": cli, "cookies": "# none"})
    answer = group("ytdlp").post("/api/yt-dlp/command?full=true", {"url": URL, "preset": "mine"})
    assert answer[0] == 200
    assert hidden(answer)


@with_options
def test_no_line_of_the_log_tells_them(cli):
    for text in (f"started with {cli}", json.dumps({"cli": cli}), f"Item(cli={cli!r})"):
        record = logging.makeLogRecord({"msg": text, "levelname": "INFO", "cli": cli, "argument": {"cli": [cli]}})
        assert SECRET not in JsonLines().format(record)


@pytest.mark.parametrize("url", TARGETS.values(), ids=TARGETS)
def test_no_line_of_the_log_tells_a_targets_address(url):
    for text in (f"telling {url}", json.dumps({"url": url}), f"Call(url={url!r})"):
        assert SECRET not in JsonLines().format(logging.makeLogRecord({"msg": text, "levelname": "INFO"}))


@pytest.mark.parametrize("name", sorted(OPTIONS.keys() - {"comment", "address"}))
def test_what_a_worker_says_of_its_options_is_masked(name):
    cli = OPTIONS[name]
    places = Places("/d", "/t", "/c", "/a", "", "")
    params = item_params(done("a", cli=cli, preset="default"), default_preset())
    said = f"HTTP Error 403: refused {SECRET}, http://me:other-secret@proxy"
    for redaction in (Redaction.of(params), Redaction.of(OptionTexts(places, item_cli=cli))):
        assert SECRET not in redaction.text(said)
        assert "other-secret" not in redaction.text(said)
        assert "HTTP Error 403: refused" in redaction.text(said)


def test_cookies_are_masked_in_what_a_worker_says():
    cookies = f"# Netscape HTTP Cookie File\n.a.example\tTRUE\t/\tTRUE\t0\tsid\t{SECRET}\n"
    assert Redaction.of({}, cookies).text(f"bad {SECRET}") == f"bad {MASK}"
