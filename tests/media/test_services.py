"""Apprise in its own process: it reaches other services, and neither files nor services of this machine."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    return send_all([url], config=config)[0]


def send_all(urls: Sequence[str], *, config: str = "") -> list[services.Outcome]:
    return services.send(urls, "A title", "A body", config=config, allow_internal=True)


def test_a_service_is_told(receiver: tuple[str, list[bytes]]) -> None:
    address, asked = receiver
    assert send(f"json://{address}/") == services.Outcome(ok=True)
    assert len(asked) == 1


OF_THIS_MACHINE = (
    "syslog://", "SYSLOG://x", "dbus://", "gnome://", "macosx://", "windows://", "json://h.example/ syslog://",
)  # fmt: skip


@pytest.fixture(scope="module")
def local_outcomes() -> dict[str, services.Outcome]:
    """What became of each service of this machine; one process asks for all of them."""
    return dict(zip(OF_THIS_MACHINE, send_all(OF_THIS_MACHINE), strict=True))


@pytest.mark.parametrize("url", OF_THIS_MACHINE)
def test_a_service_of_this_machine_is_no_service(local_outcomes: dict[str, services.Outcome], url: str) -> None:
    assert not local_outcomes[url].ok
    assert not local_outcomes[url].usable


FORMS = (
    "workflows://{host}/a/b/c?template={path}", "discord://1234567890/abcdefghij?template={path}",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template={path}", "tgram://123456789:abcdefg_hijklmnop/12315544?template={path}",
    "vapid://a@b.example/c@d.example?keyfile={path}", "vapid://a@b.example/c@d.example?subfile={path}",
    "fcm://project/device?keyfile={path}", "mailto://u:p@{host}?to=a@b.example&pgp=yes&pgppub={path}",
)  # fmt: skip


@dataclass(frozen=True)
class FileQuestions:
    """For each of `FORMS` the outcomes with a file that exists and with one that does not; and all requests."""

    outcomes: dict[str, tuple[services.Outcome, services.Outcome]]
    requests: list[bytes]


@pytest.fixture(scope="module")
def file_questions(tmp_path_factory: pytest.TempPathFactory) -> FileQuestions:
    folder = tmp_path_factory.mktemp("files")
    (folder / "there.json").write_text(json.dumps({"secret": "hush"}))
    with serving(NotingHandler) as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        outcomes = [
            send_all([form.format(host=host, path=quote(str(folder / name), safe="")) for form in FORMS])
            for name in ("there.json", "missing.json")
        ]
        return FileQuestions(dict(zip(FORMS, zip(*outcomes, strict=True), strict=True)), server.asked)


@pytest.mark.parametrize("form", FORMS)
def test_no_answer_tells_whether_a_file_is_there(file_questions: FileQuestions, form: str) -> None:
    with_file, without_file = file_questions.outcomes[form]
    assert with_file == without_file
    assert not with_file.usable


def test_no_request_holds_a_file(file_questions: FileQuestions) -> None:
    assert not any(b"hush" in request for request in file_questions.requests)


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
