"""What `make run` installs, and what it weighs on the disk: of an environment that has the tools of tests as well, its part."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from local import packed
from local.template import ROOT
from tests.bench.figures import Figure

_MB = 1_000_000
_BLOCK_BYTES = 512
_LARGEST = 12
_LOCK = ROOT / "requirements-local.txt"
_PINNED = re.compile(r"^([\w.-]+)==", re.MULTILINE)
# Folders beside the environment that the tests and checks alone use.
_OF_TESTS = frozenset({"browser", "asyncapi", "page"})


def measure_installation() -> list[Figure]:
    """Prints the largest parts."""
    sizes = Counter({name: _weight(_files_of(name)) for name in ["pip", *_PINNED.findall(_LOCK.read_text())]})
    tools = Path(os.environ["DLAMBDA_TOOLS_DIR"]).parent
    for folder in tools.iterdir():
        if folder.is_dir() and folder.name not in _OF_TESTS:
            sizes[f"{tools.name}/{folder.name}"] = _weight(folder.rglob("*"))
    for name, size in sizes.most_common(_LARGEST):
        print(f"{size / _MB:8.1f} MB  {name}")
    rest = sizes.total() - sum(size for _, size in sizes.most_common(_LARGEST))
    print(f"{rest / _MB:8.1f} MB  everything else", flush=True)
    return [Figure("disk of an installation", sizes.total() / _MB, "MB", "429 MB", "420 MB", 420)]


def _files_of(name: str) -> Iterator[Path]:
    """The files of an installed package; none where a lock's package is for other Pythons."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        yield from (path, packed.archive_of(path))


def _weight(paths: Iterator[Path]) -> int:
    """The bytes that files take of the disk. What was deleted behind the installation weighs nothing."""
    return sum(path.lstat().st_blocks * _BLOCK_BYTES for path in paths if path.is_file() and not path.is_symlink())
