"""The command line that does what an item does (docs/contract/ytdlp.md 4). Pure."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from dlambda.domain.ytdlp.options import split_words


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`folder` is the full path; `cookie_file` None without cookies."""

    urls: Sequence[str]
    folder: str
    temp_folder: str
    template: str
    preset_cli: str = ""
    cli: str = ""
    cookie_file: str | None = None

    @property
    def words(self) -> list[str]:
        """In the documented order: the user's options behind the preset's, so that they win."""
        cookies = ["--cookies", self.cookie_file] if self.cookie_file else []
        return [
            *split_words(self.preset_cli),
            *split_words(self.cli),
            *cookies,
            "--output", self.template,
            "--paths", f"home:{self.folder}",
            "--paths", f"temp:{self.temp_folder}",
            *self.urls,
        ]  # fmt: skip

    @property
    def text(self) -> str:
        return shlex.join(self.words)
