"""The layer's binaries are those that were looked at: layers/ffmpeg/README.md."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

BUILD = runpy.run_path(str(Path(__file__).parents[2] / "layers/ffmpeg/build.py"))


@pytest.mark.parametrize("binary", BUILD["BINARIES"], ids=lambda each: each.name)
def test_another_file_ends_the_build(binary: Any, tmp_path: Path) -> None:
    assert re.fullmatch("[0-9a-f]{64}", binary.sha256)
    (tmp_path / binary.name).write_bytes(b"another")
    with pytest.raises(SystemExit, match=f"is not the pinned {binary.name}"):
        BUILD["check"](binary, tmp_path / binary.name)
