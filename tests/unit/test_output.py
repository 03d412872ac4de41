"""A worker that was taken over reports names of files that are not its own."""

from pathlib import Path

import pytest

from dlambda.media.ytdlp.output import is_own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "item" / "home"
    (home / "sub").mkdir(parents=True)
    (home / "film.mp4").write_text("film")
    (home / "sub" / "film.srt").write_text("text")
    (tmp_path / "secret.key").write_text("key")
    (home / "link.mp4").symlink_to(tmp_path / "secret.key")
    (home / "folder").symlink_to(tmp_path)
    return home


@pytest.mark.parametrize("name", ["film.mp4", "sub/film.srt", "not there yet.mp4", "..film", "a..b/c"])
def test_a_file_below_its_folder_is_its_own(folder: Path, name: str) -> None:
    assert is_own(folder, name)


@pytest.mark.parametrize(
    "name",
    ["../../secret.key", "sub/../../../secret.key", "/etc/passwd", "link.mp4", "folder/secret.key", "..", "sub/.."],
)
def test_every_other_name_is_refused(folder: Path, name: str) -> None:
    assert not is_own(folder, name)
