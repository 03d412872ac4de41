"""The layer's binaries are those that were looked at: layers/ffmpeg/README.md."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from infra.artifacts import PLATFORMS

BUILD = runpy.run_path(str(Path(__file__).parents[2] / "layers/ffmpeg/build.py"))


@pytest.mark.parametrize("architecture", PLATFORMS)
@pytest.mark.parametrize("binary", BUILD["BINARIES"], ids=lambda each: each.name)
def test_another_file_ends_the_build(binary: Any, architecture: str, tmp_path: Path) -> None:
    assert re.fullmatch("[0-9a-f]{64}", binary.sha256[architecture])
    (tmp_path / binary.name).write_bytes(b"another")
    with pytest.raises(SystemExit, match=f"is not the pinned {binary.name} of {architecture}"):
        BUILD["check"](binary, tmp_path / binary.name, architecture)


def test_wheels_are_those_of_the_lock_file() -> None:
    lock = "# head\ndeno==2.9.8 \\\n    --hash=sha256:a \\\n    --hash=sha256:b\n    # via -r x\nflask==3.1.3 \\\n    --hash=sha256:c\n"
    assert BUILD["locked_lines"](lock, ["flask"]) == "flask==3.1.3 \\\n    --hash=sha256:c\n"
    assert BUILD["locked_lines"](lock, ["deno"]).count("--hash") == 2
    locked = (Path(__file__).parents[2] / "requirements-local.txt").read_text()
    for binary in BUILD["BINARIES"]:
        assert "--hash=sha256:" in BUILD["locked_lines"](locked, [binary.package])
