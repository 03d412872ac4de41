"""`.env` files: README.md, Settings."""

import os
from pathlib import Path
from typing import Any

import pytest

from local.config import read_config
from local.env_file import EnvFileError, read_env_file
from local.start_error import StartError


@pytest.fixture
def path(tmp_path: Path) -> Any:
    return tmp_path / ".env"


@pytest.mark.parametrize(
    "data",
    [
        b"A=1\nB=two words\n", b"\xef\xbb\xbfA=1\nB=two words", b"A=1\r\nB=two words\r\n", b"A=1\rB=two words\r",
        b"\n\n# text\nexport A=1 # one\n\nB='two words'", b'A = "1"\nB=two words   \n', b"A=0\nA=1\nB=two words\n",
    ],
)  # fmt: skip
def test_forms_of_a_file(path: Any, data: bytes) -> None:
    path.write_bytes(data)
    assert read_env_file(path).values == {"A": "1", "B": "two words"}


@pytest.mark.parametrize(
    ("data", "line", "text"),
    [
        (b"A=1\n\n\nnonsense here\nB=2\n", 4, "this is not NAME=value."),
        (b"A=1\r\nYTP_TZ: UTC\r\n", 2, "this is not NAME=value."),
        (b"\xef\xbb\xbf=5\n", 1, "this is not NAME=value."),
        (b"A=1\nYTP_AUTH_PASSWORD\n", 2, "this is not NAME=value."),
        (b'A=1\nB="open\nC=3\n', 2, 'this is not NAME=value: the quote " is not closed.'),
        (b'A="open\nB="2"\nC="3"\n', 1, 'this is not NAME=value: the quote " is not closed.'),
        (b"A='open\nB=2\nC='\n", 1, "this is not NAME=value: the quote ' is not closed."),
        (b"A=1\nB=\xff\n", 2, "this is no UTF-8. Save the file as UTF-8."),
        ("A=1\n".encode("utf-16"), 1, "this is no UTF-8. Save the file as UTF-8."),
        ("A=1\n".encode("utf-16-le"), 1, "there is a null character. Save the file as UTF-8."),
    ],
)
def test_a_broken_line_is_told_with_file_and_line(path: Any, data: bytes, line: int, text: str) -> None:
    path.write_bytes(data)
    with pytest.raises(EnvFileError) as error:
        read_env_file(path)
    assert str(error.value) == f"{path}, line {line}: {text}"


def test_no_file_is_no_settings(path: Any) -> None:
    assert read_env_file(path).values == {}


def test_a_folder_a_dangling_link_and_a_closed_file_are_refused(path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path.mkdir()
    with pytest.raises(EnvFileError, match="is a folder"):
        read_env_file(path)
    path.rmdir()
    path.symlink_to("nowhere")
    with pytest.raises(EnvFileError, match="is a link that leads to no file"):
        read_env_file(path)
    path.unlink()
    path.write_text("A=1")
    path.chmod(0)
    if os.geteuid():
        with pytest.raises(EnvFileError, match="cannot be read: Permission denied"):
            read_env_file(path)


def test_a_name_that_is_set_twice_is_told(path: Any) -> None:
    path.write_text("A=1\nB=2\nB=2\nA=3\n")
    file = read_env_file(path)
    assert file.values == {"A": "3", "B": "2"}
    assert file.warnings == (f"{path}, line 4: A is set in line 1 already; this one counts",)


@pytest.mark.parametrize("place", [".env", "data/config/.env"])
def test_a_broken_file_stops_the_start_in_both_places(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# first\nYTP_MAX_WORKERS 5\n")
    with pytest.raises(StartError) as error:
        read_config({}, tmp_path)
    assert str(error.value) == f"{file}, line 2: this is not NAME=value."


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("YTP_MAX_WORKER=5", "YTP_MAX_WORKER: is no setting; did you mean YTP_MAX_WORKERS?"),
        ("HOST=0.0.0.0", "HOST: is no setting; did you mean YTP_HOST?"),
        ("YTP_APPRISE_CONFIG=/nowhere/a.yml", "YTP_APPRISE_CONFIG: there is no file /nowhere/a.yml"),
        (
            "YTP_STREAMER_VCODEC=h264_vaapi\nYTP_VAAPI_DEVICE=/nowhere",
            "YTP_VAAPI_DEVICE: there is no device /nowhere",
        ),
    ],
)
def test_what_has_no_effect_is_a_warning(tmp_path: Path, text: str, warning: str) -> None:
    (tmp_path / ".env").write_text(text)
    assert read_config({}, tmp_path).warnings == (warning,)


def test_a_folder_of_the_machine_as_the_base_folder_is_a_warning(tmp_path: Path) -> None:
    (warning,) = read_config({"YTP_DOWNLOAD_PATH": str(tmp_path)}, tmp_path).warnings
    assert str(tmp_path / "data/media/dlambda/files") in warning


def test_a_path_that_no_file_system_holds_is_no_crash(tmp_path: Path) -> None:
    long = "/" + "x" * 300
    config = read_config({"YTP_DOWNLOAD_PATH": long, "YTP_APPRISE_CONFIG": long}, tmp_path)
    assert config.warnings == (f"YTP_APPRISE_CONFIG: there is no file {long}",)


def test_the_data_folder_cannot_be_named_inside_itself(tmp_path: Path) -> None:
    file = tmp_path / "data/config/.env"
    file.parent.mkdir(parents=True)
    file.write_text("DATA_DIR=/elsewhere")
    config = read_config({}, tmp_path)
    assert config.data_dir == tmp_path / "data"
    assert config.warnings == ("DATA_DIR: has no effect in the .env file of the data folder itself",)


def test_a_config_folder_that_is_a_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"YTP_CONFIG_PATH: .* is a file and has to be a folder"):
        read_config({"YTP_CONFIG_PATH": str(tmp_path / "file")}, tmp_path)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_data_dir_is_the_default(tmp_path: Path, text: str) -> None:
    config = read_config({"DATA_DIR": text, "YTP_CONFIG_PATH": text, "PORT": text}, tmp_path)
    assert (config.data_dir, config.settings.config_path) == (tmp_path / "data", str(tmp_path / "data/config"))
    assert config.settings.port == 8080


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert read_config({"DATA_DIR": "~/films"}, tmp_path).data_dir == tmp_path / "home/films"


@pytest.mark.parametrize("endpoint", ["localhost:4566", "ftp://box"])
def test_an_endpoint_is_a_url(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(StartError, match="AWS_ENDPOINT_URL"):
        read_config({"AWS_ENDPOINT_URL": endpoint}, tmp_path)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"YTP_AUTH_USERNAME": "a"}, "YTP_AUTH_USERNAME"),
        ({"YTP_AUTH_USERNAM": "a"}, "YTP_AUTH_USERNAM"),
        ({"YTP_OUTPUT_TEMPLATE": "%(title"}, "YTP_OUTPUT_TEMPLATE"),
        ({"YTP_TASKS_HANDLER_TIMER": "often"}, "YTP_TASKS_HANDLER_TIMER"),
    ],
)
def test_what_cannot_work_stops_the_start_before_anything_is_made(
    tmp_path: Path, environ: dict[str, str], name: str
) -> None:
    with pytest.raises(StartError, match=name):
        read_config(environ, tmp_path)
    assert not (tmp_path / "data").exists()
