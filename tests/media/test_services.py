"""Apprise in its own process: it reaches other services, and neither files nor services of this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dlambda.media.outgoing import services
from tests.media.servers import serving
from tests.media.test_relay import NotingHandler


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a web service, and what it was sent."""
    with serving(NotingHandler) as server:
        yield f"127.0.0.1:{server.server_address[1]}", server.asked


def send(url: str, *, config: str = "") -> services.Outcome:
    return services.send([url], "A title", "A body", config=config, allow_internal=True)[0]


def test_a_service_is_told(receiver: tuple[str, list[bytes]]) -> None:
    address, asked = receiver
    assert send(f"json://{address}/") == services.Outcome(ok=True)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "url", ["syslog://", "SYSLOG://x", "dbus://", "gnome://", "macosx://", "windows://", "json://h.example/ syslog://"]
)
def test_a_service_of_this_machine_is_no_service(url: str) -> None:
    outcome = send(url)
    assert not outcome.ok
    assert not outcome.usable


FORMS = [
    "workflows://{host}/a/b/c?template={path}", "discord://1234567890/abcdefghij?template={path}",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template={path}", "tgram://123456789:abcdefg_hijklmnop/12315544?template={path}",
    "vapid://a@b.example/c@d.example?keyfile={path}", "vapid://a@b.example/c@d.example?subfile={path}",
    "fcm://project/device?keyfile={path}", "mailto://u:p@{host}?to=a@b.example&pgp=yes&pgppub={path}",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_no_answer_tells_whether_a_file_is_there(form: str, receiver: tuple[str, list[bytes]], tmp_path: Path) -> None:
    address, asked = receiver
    there = tmp_path / "there.json"
    there.write_text(json.dumps({"secret": "hush"}))
    outcomes = [
        send(form.format(host=address, path=quote(str(path), safe=""))) for path in (there, tmp_path / "missing.json")
    ]
    assert outcomes[0] == outcomes[1]
    assert not outcomes[0].usable
    assert not any(b"hush" in each for each in asked)


def test_the_apprise_file_is_read_and_bound_to_the_same(receiver: tuple[str, list[bytes]], tmp_path: Path) -> None:
    """Its good service is told; a template and an included file are not read."""
    address, asked = receiver
    secret = tmp_path / "other.yml"
    secret.write_text(f"urls:\n  - json://{address}/included\n")
    (tmp_path / "template.json").write_text('{"text": "hush"}')
    config = tmp_path / "apprise.yml"
    config.write_text(
        f"include: {secret}\nurls:\n  - json://{address}/good\n  - syslog://\n"
        f"  - workflow://{address}/a/b/c?template={tmp_path}/template.json\n"
    )
    assert send(f"json://{address}/first", config=str(config)).ok
    paths = [each.split(b" ")[1] for each in asked]
    assert b"/first" in paths
    assert b"/good" in paths
    assert b"/included" not in paths
    assert not any(b"hush" in each for each in asked)
