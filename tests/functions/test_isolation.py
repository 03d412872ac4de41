"""Members see and touch their own alone, by any route, id, path, filter, message or event: docs/contract/accounts.md 8.

The walk takes its routes from the apps: a new one that members may use fails until it says here what of another member
it could be asked for.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.domain.accounts.permission import permissions_of
from dlambda.domain.accounts.principal import Principal, Role
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.messages.queue_messages import RetryItems
from dlambda.store import connections
from dlambda.store.accounts import accounts
from dlambda.store.files import filename_claims, jobs
from dlambda.store.items import archive, items
from dlambda.store.tasks import task_schedule
from dlambda.usecases.files.bundle_files import order_bundle
from dlambda.usecases.files.folders import note_files
from dlambda.usecases.tasks import tasks
from dlambda.usecases.tasks.run_task import run_task
from events.on_socket.main import lambda_handler
from tests.clock import FakeClock
from tests.functions.calls import Heard
from tests.functions.people import Person, make_account, set_up
from tests.functions.permissions import acting_as
from tests.functions.test_permissions import USERS, needed, path_of
from tests.functions.working import handle, work
from tests.origin import Origin
from tests.pushes import Pushes
from tests.stack import Stack
from tests.store import records
from tests.store.samples import done, item

Configure = Callable[..., None]
# What there is of Bob and of the admin bears the first word; the same with the second never was.
EXISTS, NEVER = "SecretOf", "NothingOf"
NO_TASK = 4711
ARCHIVE = "--download-archive shared.txt"

_OF_NOBODY = frozenset(
    {
        "/api/auth/status", "/api/auth/setup", "/api/auth/login", "/api/auth/logout", "/api/auth/oidc/login",
        "/api/auth/oidc/callback", "/api/auth/me", "/api/auth/account", "/api/auth/ws-ticket",
        "/api/conditions", "/api/conditions/<int:id>", "/api/conditions/test", "/api/conditions/check",
        "/api/dl_fields", "/api/dl_fields/<int:id>",
        "/api/presets", "/api/presets/<int:id>", "/api/tasks/definitions", "/api/tasks/definitions/<int:id>",
        "/api/tasks/definitions/impersonate-targets", "/api/tasks/definitions/inspect", "/api/tasks/inspect",
        "/api/yt-dlp/convert", "/api/yt-dlp/command", "/api/yt-dlp/url/info", "/api/yt-dlp/archive_id",
        "/api/yt-dlp/options", "/api/thumbnail", "/api/random/background", "/api/ping", "/api/system/live",
        "/api/system/ready", "/api/docs/<path:file>", "/api/docs",
    }
)  # fmt: skip
"""Routes about nobody's data, or what all share; their caches are tested below."""
_ADDING = frozenset(
    {
        "/api/history/add",
        "/api/cookies",
        "/api/cookies/<string:site>",
        "POST /api/history",
        "POST /api/tasks",
        "POST /api/auth/api-keys",
    }
)
"""What they make is the caller's: tests of their own, below and in test_account_keys.py."""
_BODIES: dict[str, list[Any]] = {
    "DELETE /api/auth/sessions": [{}],
    "POST /api/file/actions": [
        [{"action": "rename", "path": "@path", "new_name": "x.mp4"}],
        [{"action": "delete", "path": "@path"}],
        [{"action": "move", "path": "@path", "new_path": ""}],
        [{"action": "move", "path": "own.mp4", "new_path": "@folder"}],
        [{"action": "directory", "path": "@folder", "new_dir": "x"}],
        [{"action": "directory", "path": "", "new_dir": "@folder/x"}],
    ],
    "POST /api/file/download": [["@path"], ["@folder"]],
    "DELETE /api/history": [
        {"type": "queue", "ids": ["@item"]}, {"type": "done", "ids": ["@item"]}, {"type": "queue", "status": "pending"},
        {"type": "done", "status": "finished"}, {"type": "done", "status": "!error"},
    ],
    "POST /api/history/<string:id>": [{"title": "x"}, {}],
    "POST /api/history/start": [{"ids": ["@item"]}],
    "POST /api/history/pause": [{"ids": ["@item"]}],
    "POST /api/history/cancel": [{"ids": ["@item"]}],
    "POST /api/history/retry": [{"ids": ["@item"]}, {"status": "finished"}],
    "POST /api/history/<string:id>/rename": [{"new_name": "x"}],
    "POST /api/history/<string:id>/nfo": [{"type": "tv", "overwrite": True}],
    "PATCH /api/tasks/<int:id>": [{"name": "x"}],
    "PUT /api/tasks/<int:id>": [{"name": "x", "url": "https://video.example/x"}],
}  # fmt: skip
"""Bodies that name another member's: `@item` and so on stand for each of them. Routes that change, without one: none."""
_QUERIES: dict[str, list[str]] = {
    "/api/history": ["", "type=queue", "type=done", "type=done&status=finished", "type=queue&status=!error", "type=done&page=9"],
    "/api/file/browser": ["", "search=Secret", "sort_by=date"],
    "/api/file/browser/<path:path>": ["", "search=Secret"],
    "/api/system/folders": ["", "path=users", "path=../bob", "path=/users/bob"],
}  # fmt: skip


@dataclass
class World:
    """Two members and an admin, each with everything that a member can have."""

    ada: Person
    ann: Person
    bob: Person
    stack: Stack
    values: dict[str, list[tuple[str, str]]]
    """Kind -> what there is of others, and what never was."""

    def principal(self, name: str) -> Principal:
        account = accounts.find_by_name(name)
        assert account is not None
        return account.principal

    def state(self) -> object:
        """All that others have."""
        known = [f"{EXISTS}{name}-{part}" for name in ("Bob", "Ada") for part in ("queued", "done")]
        files = [entry for entry in bucket.list_("files/") if not entry.key.startswith("files/users/ann/")]
        others = [task for task in tasks.list_tasks() if task.owner != self.principal("ann").owner]
        return items.find_many(known), files, others, [jobs.find(id_) for id_, _ in self.values["job"]]


def _owned(who: Principal, name: str) -> list[Item]:
    """One in the queue and one with a file, in the history."""
    word = f"{EXISTS}{name.title()}"
    common: dict[str, Any] = {
        "title": word,
        "owner": who.owner,
        "home": who.home,
        "archive": "shared.txt",
        "archive_id": f"site {word}",
    }
    place: dict[str, Any] = {"folder": who.home, "download_dir": f"/downloads/{who.home}".rstrip("/")}
    path = "/".join(part for part in (who.home, f"{word}.mp4") if part)
    bucket.put_bytes(f"files/{path}", b"film")
    bucket.put_bytes(f"files/{path.removesuffix('mp4')}en.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHi\n")
    note_files([path, f"{path.removesuffix('mp4')}en.srt"])
    made = records.add(
        [
            item(f"{word}-queued", auto_start=False, extracted=True, **common, **place),
            done(f"{word}-done", filename=f"{word}.mp4", file_size=4, **common, **place),
        ]
    )
    filename_claims.claim(path.removesuffix(".mp4"), made[1].source_key)
    return made


@pytest.fixture
def world(stack: Stack, configure: Configure) -> World:
    configure(browser_control_enabled="true", remove_files="true")
    ada = set_up()
    ann, _ = make_account(ada, "ann", "member")
    bob, _ = make_account(ada, "bob", "member")
    made = World(ada, ann, bob, stack, {})
    tokens, task_ids = [], []
    for name in ("bob", "ada"):
        who = made.principal(name)
        _owned(who, name)
        word = f"{EXISTS}{name.title()}"
        body = {"name": word, "url": f"https://feed.example/{word}", "cli": ARCHIVE}
        status, task = (bob if name == "bob" else ada).ask("tasks", "POST", "/api/tasks", body)
        assert status == 200, task
        task_ids.append(str(task["id"]))
        tokens.append(order_bundle([f"{word}.mp4"], who.owner, who.home)[0])
    bucket.put_bytes("files/users/ann/own.mp4", b"film")
    note_files(["users/ann/own.mp4"])
    made.values |= {
        "item": [(f"{EXISTS}{name}-{part}", f"{NEVER}{name}-{part}") for name in ("Bob", "Ada") for part in ("queued", "done")],
        "path": [
            (path, path.replace(EXISTS, NEVER))
            for path in (
                "SecretOfBob.mp4", "users/bob/SecretOfBob.mp4", "../bob/SecretOfBob.mp4", "%2e%2e/bob/SecretOfBob.en.srt",
                "../../SecretOfAda.mp4",
            )
        ],
        "folder": [(path, path.replace("bob", "nix")) for path in ("../bob", "/users/bob")],
        "task": [(id_, str(NO_TASK)) for id_ in task_ids],
        "token": [(token, "0" * 8 + token[8:]) for token in tokens],
        "job": [(token, "0" * 8 + token[8:]) for token in tokens],
        "session": [(str(bob.auth("GET", "sessions")[1]["items"][0]["id"]), "4711")],
        "key": [(str(bob.auth("POST", "api-keys", {"name": "k"})[1]["id"]), "4711")],
    }  # fmt: skip
    return made


def _parameter(rule: str) -> tuple[str, str]:
    """What of a rule's address names something, and its kind; two empty texts for nothing."""
    kinds = {
        "/api/history/": ("<string:id>", "item"), "/api/tasks/<int": ("<int:id>", "task"), "/api/file/jobs/": ("<string:id>", "job"),
        "/api/file/download/<": ("<string:token>", "token"), "/api/auth/sessions/": ("<string:id>", "session"),
        "/api/auth/api-keys/": ("<string:id>", "key"), "/api/tasks/<id>": ("<id>", "task"),
    }  # fmt: skip
    for beginning, found in kinds.items():
        if rule.startswith(beginning) and found[0] in rule:
            return found
    for mark in ("<path:path>", "<path:file>"):
        if mark in rule:
            return mark, "path"
    return "", ""


def _filled(template: str, world: World) -> Iterator[tuple[str, str, str]]:
    """The text with each thing of others in place of `@kind`, the same with what never was, and the word that differs."""
    kind = next((kind for kind in world.values if f"@{kind}" in template), None)
    if kind is None:
        yield template, template, ""
        return
    for existing, never in world.values[kind]:
        yield template.replace(f"@{kind}", existing), template.replace(f"@{kind}", never), never


def _requests(method: str, rule: str, world: World) -> Iterator[tuple[str, Any, str, Any, str, str]]:
    """(address, body) that mean something of others, the same of what never was, and the two words."""
    mark, kind = _parameter(rule)
    bodies = _BODIES.get(f"{method} {rule}", [None])
    for existing, never in world.values[kind] if kind else [("", "")]:
        addresses = [path_of(rule.replace(mark, word)) if mark else path_of(rule) for word in (existing, never)]
        for query in _QUERIES.get(rule, [""]):
            for body in bodies:
                if body is None or kind:
                    yield f"{addresses[0]}?{query}", body, f"{addresses[1]}?{query}", body, existing, never
                    continue
                text = json.dumps(body)
                word_kind = next((name for name in world.values if f"@{name}" in text), None)
                for one, other in world.values[word_kind] if word_kind else [("", "")]:
                    filled = [json.loads(text.replace(f"@{word_kind}", word)) for word in (one, other)]
                    yield addresses[0], filled[0], addresses[1], filled[1], one, other


def _walked() -> list[tuple[str, str, str]]:
    allowed = permissions_of(Role.MEMBER)
    return [
        route
        for route in USERS
        if needed(*route) in allowed
        and route[1] not in _OF_NOBODY
        and not route[1].startswith("/<any(")  # documents
        and route[1] not in _ADDING
        and f"{route[0]} {route[1]}" not in _ADDING
    ]


def test_a_route_that_changes_something_says_here_what_of_others_it_could_be_asked_for() -> None:
    for method, rule, _ in _walked():
        names_something = bool(_parameter(rule)[0])
        assert method == "GET" or names_something or f"{method} {rule}" in _BODIES, (method, rule)
    every = {f"{method} {rule}" for method, rule, _ in USERS}
    assert set(_BODIES) <= every
    assert {rule for rule in _OF_NOBODY} <= {rule for _, rule, _ in USERS}


def test_no_route_tells_or_touches_what_is_of_others(world: World) -> None:
    before = world.state()
    for method, rule, module in _walked():
        group = module.split(".")[1]
        for address, body, other_address, other_body, existing, never in _requests(method, rule, world):
            told = _answer(world.ann, group, method, address, body)
            untrue = _answer(world.ann, group, method, other_address, other_body)
            if existing:
                assert told == (untrue[0], *(_of_others(text, never, existing) for text in untrue[1:])), (address, body)
            else:
                assert EXISTS not in told[1] + told[2], (method, address, body)
        if method != "GET":
            assert world.state() == before, (method, rule)
    assert world.state() == before


def _of_others(text: str, never: str, existing: str) -> str:
    """What is answered about something that never was, as if it were about something of others."""
    return text.replace(never, existing).replace(NEVER, EXISTS).replace("nix", "bob")


def _answer(person: Person, group: str, method: str, address: str, body: Any) -> tuple[int, str, str]:
    """Status, text and `Location` of an answer, without what is a moment's."""
    status, _ = person.ask(group, method, address, *([] if body is None else [body]))
    response = person._clients[group].last
    text = "" if status == 304 else response.get_data(as_text=True)
    return status, text.replace("\\/", "/"), response.headers.get("Location", "")


def test_the_admin_sees_all(world: World) -> None:
    ada = world.ada
    assert ada.ask("history", "GET", "/api/history?type=done")[1]["pagination"]["total"] == 2
    status, found = ada.ask("history", "GET", "/api/history/SecretOfBob-done")
    assert (status, found["folder"], found["owner"]) == (200, "users/bob", world.principal("bob").owner)
    assert ada.ask("file", "HEAD", "/api/download/users/bob/SecretOfBob.mp4")[0] == 200
    assert [entry["name"] for entry in ada.ask("file", "GET", "/api/file/browser/users")[1]["contents"]] == [
        "ann",
        "bob",
    ]
    assert ada.ask("tasks", "GET", "/api/tasks")[1]["pagination"]["total"] == 2
    assert ada.ask("history", "POST", "/api/history/cancel", {"ids": ["SecretOfBob-queued"]})[1] == {
        "SecretOfBob-queued": "ok"
    }


def test_a_member_sees_its_own_from_its_home(world: World) -> None:
    bob = world.bob
    listed = bob.ask("history", "GET", "/api/history?type=done")[1]
    assert (listed["pagination"]["total"], [entry["_id"] for entry in listed["items"]]) == (1, ["SecretOfBob-done"])
    for found in (listed["items"][0], bob.ask("history", "GET", "/api/history/SecretOfBob-done")[1]):
        assert (found["folder"], found["download_dir"], found["filename"]) == ("", "/downloads", "SecretOfBob.mp4")
    assert "users" not in json.dumps(listed)
    everything = bob.ask("history", "GET", "/api/history")[1]
    assert [entry["_id"] for entry in [*everything["queue"], *everything["history"]]] == [
        "SecretOfBob-queued",
        "SecretOfBob-done",
    ]
    configuration = bob.ask("system", "GET", "/api/system/configuration")[1]
    assert (configuration["history_count"], [entry["_id"] for entry in configuration["queue"]]) == (
        1,
        ["SecretOfBob-queued"],
    )
    shown = bob.ask("file", "GET", "/api/file/browser")[1]
    assert [entry["path"] for entry in shown["contents"]] == ["/SecretOfBob.en.srt", "/SecretOfBob.mp4"]
    sidecar = bob.ask("file", "GET", "/api/file/info/SecretOfBob.mp4")[1]["sidecar"]
    assert sidecar["subtitle"][0]["file"] == "SecretOfBob.en.srt"
    assert bob.ask("file", "HEAD", "/api/download/SecretOfBob.mp4")[0] == 200
    assert bob.ask("player", "GET", "/api/player/subtitle/SecretOfBob.en.srt.vtt")[0] == 200
    renamed = bob.ask("history", "POST", "/api/history/SecretOfBob-done/rename", {"new_name": "b.mp4"})
    assert (renamed[0], renamed[1]["filename"], renamed[1]["folder"]) == (200, "b.mp4", "")
    assert bucket.find("files/users/bob/b.mp4")


def test_paths_of_file_actions_begin_at_the_home(world: World) -> None:
    actions = [
        {"action": "directory", "path": "", "new_dir": "sea"}, {"action": "move", "path": "SecretOfBob.mp4", "new_path": "sea"},
        {"action": "move", "path": "nix.mp4", "new_path": "sea"}, {"action": "rename", "path": "sea", "new_name": "bay"},
    ]  # fmt: skip
    status, results = world.bob.ask("file", "POST", "/api/file/actions", actions)
    assert status == 200
    assert "users" not in json.dumps(results)
    assert [result.get("new_path", result.get("new_dir")) for result in results] == [
        "sea", "sea/SecretOfBob.mp4", "sea/SecretOfBob.en.srt", None, "bay",
    ]  # fmt: skip
    assert world.bob.ask("history", "GET", "/api/history/SecretOfBob-done")[1]["filename"] == "bay/SecretOfBob.mp4"
    assert world.ann.ask("file", "POST", "/api/file/download", ["own.mp4"])[1]["files"] == ["own.mp4"]


def test_a_file_that_leaves_the_home_is_no_file_of_the_item(world: World) -> None:
    move = [{"action": "move", "path": "users/bob/SecretOfBob.mp4", "new_path": "users/ann"}]
    assert world.ada.ask("file", "POST", "/api/file/actions", move)[0] == 200
    found = world.bob.ask("history", "GET", "/api/history/SecretOfBob-done")[1]
    assert (found["filename"], found["folder"], found["sidecar"]) == (None, "", {})
    delete = {"type": "done", "ids": ["SecretOfBob-done"], "remove_file": True}
    assert world.bob.ask("history", "DELETE", "/api/history", delete)[1]["deleted"] == 1
    assert bucket.find("files/users/ann/SecretOfBob.mp4")


def test_what_others_have_is_no_duplicate(world: World) -> None:
    """URLs, names of tasks, archives, idempotency keys."""
    url = "https://video.example/SecretOfBob-queued"
    before = world.state()
    status, answers = world.ann.ask("history", "POST", "/api/history", {"url": url, "folder": "sea"})
    assert (status, answers[0]["status"], answers[0]["msg"]) == (200, "queued", None)
    added = items.get(answers[0]["_id"])
    assert (added.owner, added.home, added.folder) == (world.principal("ann").owner, "users/ann", "users/ann/sea")
    queue = world.ann.ask("history", "GET", "/api/history/live")[1]["queue"]
    assert [entry["folder"] for entry in queue.values()] == ["sea"]
    assert world.ann.ask("history", "POST", "/api/history", {"url": url})[1][0]["_id"] == added.id
    for folder in ("../bob", "..", "/../x"):
        assert world.ann.ask("history", "POST", "/api/history", {"url": url, "folder": folder})[0] == 400

    body = {"name": "SecretOfBob", "url": "https://feed.example/SecretOfBob", "cli": ARCHIVE}
    assert [world.ann.ask("tasks", "POST", "/api/tasks", body)[0] for _ in range(2)] == [200, 409]
    listed = world.ann.ask("tasks", "GET", "/api/tasks")[1]
    assert [(task["name"], task["owner"]) for task in listed["items"]] == [
        ("SecretOfBob", world.principal("ann").owner)
    ]
    assert world.state() == before

    same_key: dict[str, Any] = {"headers": {"Idempotency-Key": "same"}}
    one = {"url": "https://video.example/one"}
    ids = {
        person.ask("history", "POST", "/api/history", one, **same_key)[1][0]["_id"] for person in (world.bob, world.ann)
    }
    assert len(ids) == 2

    assert world.bob.ask("history", "POST", "/api/history/SecretOfBob-done/archive")[0] == 200
    assert archive.list_("shared.txt") == []
    assert archive.list_(f"@{world.principal('bob').owner}:shared.txt") == ["site SecretOfBob"]


def test_what_one_looked_up_is_no_hit_for_another(world: World, origin: Origin) -> None:
    address = "/api/yt-dlp/url/info?url=" + origin.url("isolation/clip-1.mp4")
    statuses = [
        person.ask("ytdlp", "GET", address)[1]["_cached"]["status"]
        for person in (world.bob, world.bob, world.ann, world.ada)
    ]
    assert statuses == ["miss", "hit", "miss", "miss"]


def test_a_presets_cookies_stay_the_admins(world: World, origin: Origin) -> None:
    """Neither looked up, nor written beside a file, nor into its name."""
    cookies = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\ttopsecret\n"
    preset = {"name": "let in", "cookies": cookies, "cli": '--add-headers "Authorization: Bearer topsecret"'}
    assert world.ada.ask("presets", "POST", "/api/presets", preset)[0] == 200
    address = "/api/yt-dlp/url/info?preset=let in&url=" + origin.url("isolation/clip-3.mp4")
    told = [json.dumps(person.ask("ytdlp", "GET", address)[1]) for person in (world.ada, world.ann)]
    assert ["topsecret" in text for text in told] == [True, False]
    template = "%(id)s %(cookies)s %(formats.0.cookies)s %(http_headers)s.%(ext)s"
    add = {
        "url": origin.url("isolation/clip-3.mp4"),
        "preset": "let in",
        "cli": "--write-info-json",
        "template": template,
    }
    added = world.ann.ask("history", "POST", "/api/history", add)[1][0]["_id"]
    work(world.stack)
    found = world.ann.ask("history", "GET", f"/api/history/{added}")[1]
    assert found["status"] == "finished", found["error"]
    files = {
        entry.key: bucket.get_bytes(entry.key) for entry in bucket.list_("files/users/ann/") if "clip-3" in entry.key
    }
    assert sorted(key.rpartition(".")[2] for key in files) == ["json", "mp4"]
    assert "topsecret" not in str(files)


def test_a_download_lands_at_home_and_its_archive_counts_for_its_owner(world: World, origin: Origin) -> None:
    add = {"url": origin.url("isolation/clip-2.mp4"), "folder": "sea", "cli": ARCHIVE}
    added = world.ann.ask("history", "POST", "/api/history", add)[1][0]["_id"]
    work(world.stack)
    found = world.ann.ask("history", "GET", f"/api/history/{added}")[1]
    assert (found["status"], found["folder"]) == ("finished", "sea"), found["error"]
    assert found["ffprobe"]["metadata"]["filename"] == f"sea/{found['filename']}"
    assert bucket.find(f"files/users/ann/sea/{found['filename']}")
    assert world.ann.ask("file", "HEAD", f"/api/download/sea/{found['filename']}")[0] == 200
    assert world.bob.ask("file", "HEAD", f"/api/download/sea/{found['filename']}")[0] == 404
    assert archive.list_("shared.txt") == []


class TestGuests:
    def test_what_they_add_is_held_for_an_admin(self, world: World) -> None:
        guest, _ = make_account(world.ada, "gus", "guest")
        add = {"url": "https://video.example/g", "auto_start": True}
        id_ = guest.ask("history", "POST", "/api/history", add)[1][0]["_id"]
        assert items.get(id_).auto_start is False
        for path in ("start", "force-start", "position"):
            assert guest.ask("history", "POST", f"/api/history/{path}", {"ids": [id_], "position": "front"})[0] == 403
        assert world.ada.ask("history", "POST", "/api/history/start", {"ids": [id_]})[1] == {id_: "started"}

    def test_a_retry_is_held_again(self, world: World) -> None:
        guest, id_ = make_account(world.ada, "gus", "guest")
        failed = done("g", Status.ERROR, owner=str(id_), home="users/gus", folder="users/gus", auto_start=True)
        records.add([failed])
        assert guest.ask("history", "POST", "/api/history/retry", {"ids": ["g"]})[0] == 202
        for message in world.stack.messages("task"):
            handle(RetryItems(message["id"]))
        [again] = items.iterate(Shelf.QUEUE, owner=str(id_))
        assert again.auto_start is False


class TestEvents:
    @pytest.fixture
    def heard(self, world: World, pushes: Pushes) -> dict[str, Heard]:
        """What each of them hears."""
        for name in ("ada", "ann", "bob"):
            connections.add(f"c-{name}", f"sid-{name}", world.principal(name))
        return {name: Heard(pushes, f"c-{name}") for name in ("ada", "ann", "bob")}

    def test_they_reach_the_owner_and_the_admins(self, world: World, heard: dict[str, Heard]) -> None:
        world.ann.ask("history", "POST", "/api/history", {"url": "https://video.example/n", "folder": "sea"})
        assert (heard["ann"].names, heard["ada"].names, heard["bob"].names) == (["item_added"], ["item_added"], [])
        assert heard["ann"].of("item_added")[0]["data"]["folder"] == "sea"
        assert heard["ada"].of("item_added")[0]["data"]["folder"] == "users/ann/sea"
        assert "users/" not in json.dumps(heard["ann"].frames)

    def test_those_of_the_admins_reach_no_member(self, world: World, heard: dict[str, Heard]) -> None:
        world.ada.ask("history", "POST", "/api/history", {"url": "https://video.example/n"})
        world.ada.ask("history", "POST", "/api/history", {"url": "https://video.example/n"})
        world.ada.ask("tasks", "POST", "/api/tasks", {"name": "t", "url": "https://feed.example/t"})
        assert heard["ada"].names == ["item_added", "log_info", "config_update"]
        assert heard["ann"].names == heard["bob"].names == []

    def test_tasks_are_told_to_their_owner_and_shared_rules_to_all(self, world: World, heard: dict[str, Heard]) -> None:
        world.ann.ask("tasks", "POST", "/api/tasks", {"name": "t", "url": "https://feed.example/t"})
        world.ada.ask("presets", "POST", "/api/presets", {"name": "all"})
        target = {"name": "n", "request": {"url": "https://hook.example/x"}}
        assert world.ada.ask("notifications", "POST", "/api/notifications", target)[0] == 200
        world.ada.ask("system", "POST", "/api/system/pause")
        assert heard["ann"].names == ["config_update", "config_update", "paused"]
        assert heard["bob"].names == ["config_update", "paused"]
        assert heard["ada"].names == ["config_update", "config_update", "config_update", "paused"]

    def test_a_move_is_told_from_the_home(self, world: World, heard: dict[str, Heard]) -> None:
        action = [{"action": "rename", "path": "SecretOfBob.mp4", "new_name": "b.mp4"}]
        world.bob.ask("file", "POST", "/api/file/actions", action)
        assert heard["ann"].names == []
        assert heard["bob"].of("item_updated")[0]["data"]["filename"] == "b.mp4"
        assert "users/" not in json.dumps(heard["bob"].frames)

    def test_messages_act_as_their_connection(self, world: World, heard: dict[str, Heard]) -> None:
        before = world.state()
        for name in ("item_cancel", "item_delete", "item_start", "item_pause"):
            for part in ("queued", "done"):
                for word in (EXISTS, NEVER):
                    id_ = f"{word}Bob-{part}"
                    data = {"id": id_, "remove_file": True} if name == "item_delete" else id_
                    self._say("ann", {"event": name, "data": data})
                told, untrue = (frame["message"] for frame in heard["ann"].of("log_error")[-2:])
                assert told == untrue.replace(NEVER, EXISTS), (name, part)
        assert world.state() == before
        assert heard["bob"].names == []

    def test_an_add_is_the_connections(self, world: World, heard: dict[str, Heard], clock: FakeClock) -> None:
        """It is answered after its extraction, which nobody makes here."""
        make_account(world.ada, "gus", "guest")
        connections.add("c-gus", "sid", world.principal("gus"))
        frame = {"event": "add_url", "data": {"url": "https://video.example/w", "folder": "sea"}}
        self._say("gus", frame)
        [added] = items.find_many(
            items.page(Shelf.QUEUE, page=1, per_page=9, newest_first=True, owner=world.principal("gus").owner).ids
        )
        assert (added.folder, added.auto_start) == ("users/gus/sea", False)
        assert heard["ann"].names == []
        self._say("gus", {"event": "item_start", "data": added.id})
        assert items.get(added.id).auto_start is False

    @staticmethod
    def _say(name: str, frame: dict[str, Any]) -> None:
        context = {"routeKey": "$default", "connectionId": f"c-{name}"}
        with acting_as("on_socket"):
            lambda_handler({"requestContext": context, "body": json.dumps(frame)}, None)


class TestEndsOfAccounts:
    @pytest.mark.parametrize("change", ["disabled", "removed", "demoted"])
    def test_its_connections_end_at_once_and_its_tasks_rest(self, world: World, pushes: Pushes, change: str) -> None:
        bob = world.principal("bob")
        path, [task] = f"accounts/{bob.account_id}", tasks.list_tasks(bob.owner)
        connections.add("c-bob", "sid-bob", bob)
        connections.add("c-ann", "sid-ann", world.principal("ann"))
        if change == "removed":
            assert world.ada.auth("DELETE", path)[0] == 204
        else:
            world.ada.auth("PATCH", path, {"disabled": True} if change == "disabled" else {"role": "guest"})
        assert pushes.gone == {"c-bob"}
        assert list(connections.ids_by_audience().values()) == [["c-ann"]]
        with acting_as("on_task"):
            task_schedule.schedule(task.id, task.timer, 1000)
            run_task(task.id, 1000)
        [after] = tasks.list_tasks(bob.owner)
        assert after.last_result is not None
        added = [item for item in items.iterate(Shelf.QUEUE, owner=bob.owner) if item.url == task.url]
        if change == "demoted":
            assert (after.last_result.status, [item.auto_start for item in added]) == ("ok", [False])
        else:
            assert (after.last_result.error, added) == ("The account of the task is gone or disabled.", [])
        assert items.get("SecretOfBob-done").owner == bob.owner
        assert world.ada.ask("file", "HEAD", "/api/download/users/bob/SecretOfBob.mp4")[0] == 200

    def test_nobody_gets_its_folder_without_an_admins_word(self, world: World) -> None:
        bob = world.principal("bob")
        patch = {"home": "elsewhere"}
        status, body = world.ada.auth("PATCH", f"accounts/{bob.account_id}", patch)
        assert (status, body["error"]) == (409, "The folder of an account that has items or tasks stays as it is.")
        world.ada.auth("DELETE", f"accounts/{bob.account_id}")
        bucket.delete([entry.key for entry in bucket.list_("files/users/bob/")])
        another, id_ = make_account(world.ada, "bob", "member")
        assert world.principal("bob").home == "users/bob-2"
        assert another.ask("history", "GET", "/api/history?type=queue")[1]["pagination"]["total"] == 0
        assert world.ada.auth("PATCH", f"accounts/{id_}", patch)[0] == 200


def test_members_hear_of_limits_but_not_of_what_others_download(world: World) -> None:
    records.save(items.get("SecretOfBob-queued"), items.get("SecretOfBob-queued").evolve(auto_start=True))
    names = [
        [
            extractor["name"]
            for extractor in person.ask("system", "GET", "/api/system/limits")[1]["downloads"]["per_extractor"]["items"]
        ]
        for person in (world.ada, world.ann)
    ]
    assert names == [["site"], []]
