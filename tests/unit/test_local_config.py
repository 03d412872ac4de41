"""What a run is made of, and when it refuses to start."""

import stat
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.web.hosts import is_loopback
from local import engines
from local.config import credentials, read_config, secret_key
from local.start_error import StartError


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    return tmp_path


def test_without_settings_it_listens_on_this_machine_alone(folder: Any) -> None:
    config = read_config({}, folder)
    assert (config.settings.host, config.settings.port, config.data_dir) == ("127.0.0.1", 8080, folder / "data")


def test_port_and_data_dir_win(folder: Any) -> None:
    config = read_config({"PORT": "9", "YTP_PORT": "10", "DATA_DIR": str(folder / "x")}, folder)
    assert (config.settings.port, config.data_dir) == (9, folder / "x")


def test_the_environment_wins_over_env_files_and_the_near_file_over_the_far(folder: Any) -> None:
    (folder / "data" / "config").mkdir(parents=True)
    (folder / ".env").write_text("YTP_MAX_WORKERS=3\nYTP_DEFAULT_PAGINATION=7\n# nothing\n")
    (folder / "data/config/.env").write_text('YTP_DEFAULT_PAGINATION=8\nexport YTP_INSTANCE_TITLE="A $B"\n')
    settings = read_config({"YTP_MAX_WORKERS": "5"}, folder).settings
    assert (settings.max_workers, settings.default_pagination, settings.instance_title) == (5, 7, "A $B")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_an_open_address_needs_a_password(folder: Any) -> None:
    with pytest.raises(StartError, match="YTP_AUTH_PASSWORD"):
        read_config({"YTP_HOST": "0.0.0.0"}, folder)


@pytest.mark.parametrize(
    "more",
    [{"YTP_ALLOW_OPEN": "true"}, {"YTP_AUTH_USERNAME": "u", "YTP_AUTH_PASSWORD": "p"}],
    ids=["allowed", "password"],
)
def test_an_open_address_may_be_wanted(folder: Any, more: dict[str, str]) -> None:
    assert read_config({"YTP_HOST": "0.0.0.0", **more}, folder).settings.host == "0.0.0.0"


def test_a_bad_setting_is_named(folder: Any) -> None:
    with pytest.raises(StartError, match="YTP_MAX_WORKERS"):
        read_config({"YTP_MAX_WORKERS": "many"}, folder)


def test_a_data_folder_that_is_a_file_is_refused(folder: Any) -> None:
    (folder / "data").write_text("")
    with pytest.raises(StartError, match="cannot be written"):
        read_config({}, folder)


def test_secrets_are_private_and_stay(folder: Any) -> None:
    first = secret_key(folder), credentials(folder)
    assert (secret_key(folder), credentials(folder)) == first
    for name in ("secret.key", "engines.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "mode"), [("nowhere", None), ("text", 0o644), ("", None)])
def test_a_table_engine_that_is_no_program_stops_the_start(folder: Any, name: str, mode: int | None) -> None:
    if mode:
        (folder / name).write_text("")
        (folder / name).chmod(mode)
    config = read_config({"DLAMBDA_DYNOXIDE": str(folder / name)}, folder)
    sockets = engines.make_sockets(config)
    with pytest.raises(StartError, match=r"DLAMBDA_DYNOXIDE=.* is no program"):
        engines.tables(config, sockets)
    sockets.close()
