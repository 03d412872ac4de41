"""Puts files into a running service's library, as somebody does who copies them into its folder."""

from pathlib import Path

from tests.e2e.service import Service


class Store:
    """The files of one service; paths are below the download root."""

    def __init__(self, service: Service) -> None:
        self._root = service.folder / "media" / "dlambda" / "files"

    def put(self, folder: str, *names: str, text: str = "x") -> None:
        for name in names:
            self._write(f"{folder}/{name}", text.encode())

    def copy(self, path: Path, target: str) -> None:
        self._write(target, path.read_bytes())

    def names(self, folder: str) -> list[str]:
        """Everything below a folder, relative to it, sorted."""
        place = self._root / folder
        return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())

    def _write(self, target: str, content: bytes) -> None:
        path = self._root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
