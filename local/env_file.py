"""Reads a `.env` file: UTF-8 with or without a mark at its start, any line ends, one `NAME=value` a line."""

import io
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import Binding, parse_stream


class EnvFileError(Exception):
    """The file cannot be used; the text names it, and the line where there is one."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """`values`: name -> text, of several lines for one name the last. `warnings`: sentences that name file and line."""

    values: dict[str, str]
    warnings: tuple[str, ...] = ()


def read_env_file(path: Path) -> EnvFile:
    """The settings in the file `path`; none where there is no such file. Raises `EnvFileError`."""
    try:
        if not path.is_file():
            _refuse_other_kinds(path)
            return EnvFile({})
        data = path.read_bytes()
    except OSError as error:
        raise EnvFileError(f"{path} cannot be read: {error.strerror}.") from None
    return _parse(path, _decode(path, data))


def _refuse_other_kinds(path: Path) -> None:
    if path.is_dir():
        raise EnvFileError(f"{path} is a folder. Remove it, or put a file of settings there.")
    if path.is_symlink():
        raise EnvFileError(f"{path} is a link that leads to no file.")


def _decode(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise EnvFileError(f"{path}, line {line}: this is no UTF-8. Save the file as UTF-8.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise EnvFileError(f"{path}, line {line}: there is a null character. Save the file as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(path: Path, text: str) -> EnvFile:
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    warnings: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        line = _first_line(binding)
        if _is_broken(binding):
            raise EnvFileError(f"{path}, line {line}: this is not NAME=value{_quote_hint(binding)}.")
        if binding.key is None:
            continue
        if binding.key in values and binding.value != values[binding.key]:
            warnings.append(
                f"{path}, line {line}: {binding.key} is set in line {lines[binding.key]} already; this one counts"
            )
        values[binding.key] = binding.value or ""
        lines[binding.key] = line
    return EnvFile(values, tuple(warnings))


def _is_broken(binding: Binding) -> bool:
    """No setting holds several lines: with a quote that is not closed, the following lines would belong to it."""
    without_value = binding.key is not None and binding.value is None
    return bool(binding.error) or without_value or "\n" in binding.original.string.strip()


def _first_line(binding: Binding) -> int:
    """The line of the statement itself: the parser counts the empty lines before it to it."""
    text = binding.original.string
    return int(binding.original.line) + text[: len(text) - len(text.lstrip())].count("\n")


def _quote_hint(binding: Binding) -> str:
    value = binding.original.string.strip().partition("\n")[0].partition("=")[2].strip()
    return f": the quote {value[0]} is not closed" if value[:1] in {'"', "'"} and value.count(value[0]) == 1 else ""
