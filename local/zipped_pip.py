"""pip as one archive, 2 MB in place of 14: an update of yt-dlp and the next installation start it, and nothing else."""

import csv
import io
import shutil
import zipfile
from pathlib import Path
from typing import Final

_ARCHIVE: Final = "pip.zip"
# pip starts a process with this file where it builds a package.
_RUNNER: Final = "__pip-runner__.py"
_PATH: Final = """
# The other modules lie in the archive beside this file (local/zipped_pip.py).
__path__ = [__file__.removesuffix("__init__.py") + "pip.zip/pip"]
"""


def zip_pip(packages: Path) -> None:
    """Zips the pip among an environment's packages; `python -m pip` works as before. Nothing happens where there is
    none, or it is done.
    """
    folder, information = packages / "pip", next(packages.glob("pip-*.dist-info"), None)
    if information is None or not (folder / "_internal").exists():
        return
    new, old = packages / ".pip.new", packages / ".pip.old"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    _write_archive(folder, new / _ARCHIVE)
    shutil.copy(folder / _RUNNER, new)
    entry = (folder / "__init__.py").read_text(encoding="utf-8")
    (new / "__init__.py").write_text(entry + _PATH, encoding="utf-8")
    folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old)
    _write_record(information, folder)


def _write_archive(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and path.name != _ARCHIVE:
                file.write(path, Path("pip") / path.relative_to(folder))


def _write_record(information: Path, folder: Path) -> None:
    """Names the files that there are, by which pip itself removes its old release when it is updated."""
    record = information / "RECORD"
    rows = [row for row in csv.reader(record.read_text(encoding="utf-8").splitlines()) if not row[0].startswith("pip/")]
    rows += [[f"pip/{path.name}", "", ""] for path in sorted(folder.iterdir())]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    record.write_text(text.getvalue(), encoding="utf-8")
