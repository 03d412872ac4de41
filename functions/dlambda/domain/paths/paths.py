"""Paths of users: made relative to the virtual root, once and here (docs/contract/downloads.md 6, files.md 1).

A path is text with `/` between its parts. Percent-escapes and backslashes are ordinary characters: whoever decodes,
decodes before. Nothing that comes out of here leads out of the root.
"""

from dlambda.domain.paths.input_rules import DEFAULT_RULES, InputRules
from dlambda.domain.paths.own_placeholders import placeholder_problem
from dlambda.domain.paths.template_syntax import problem_of
from dlambda.errors import Invalid

FILES_PREFIX = "files/"
_MAX_PART_BYTES = 255  # what file systems take as one name
_MAX_KEY_BYTES = 1024  # what object stores take as one key


class _Outside(ValueError):
    """A path that cannot lie below the root; the text says why."""


def _parts(path: str) -> list[str]:
    """The parts of `path` without `.` and `..`; one leading slash is dropped. Raises `_Outside`."""
    if "\0" in path:
        raise _Outside("it contains a null character")
    path = path.removeprefix("/")
    if path.startswith("/"):
        raise _Outside("it is absolute")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise _Outside("it leads outside")
            parts.pop()
        elif part not in ("", "."):
            _check_length(part)
            parts.append(part)
    return parts


def _check_length(part: str) -> None:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        raise _Outside("it is no valid text") from None
    if size > _MAX_PART_BYTES:
        raise _Outside("a part of it is too long")


def _outside_text(kind: str, path: str, rules: InputRules) -> str:
    return f'{kind} "{path}" must resolve inside the base download folder "{rules.download_path}".'


def resolve_folder(folder: str, rules: InputRules = DEFAULT_RULES) -> str:
    """The folder relative to the root, `""` for the root itself. Raises `Invalid` with the documented text."""
    try:
        return "/".join(_parts(folder))
    except _Outside:
        raise Invalid(_outside_text("Folder", folder, rules)) from None


def resolve_path(path: str) -> str:
    """A file's path relative to the root. Raises `Invalid`; endpoints that show files answer 404 instead."""
    try:
        return "/".join(_parts(path))
    except _Outside as reason:
        raise Invalid(f'Path "{path}" is not valid: {reason}.') from None


def object_key(path: str) -> str:
    """The bucket key of a user path; of the root: the prefix of all keys. Raises `Invalid`."""
    key = FILES_PREFIX + resolve_path(path)
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise Invalid(f'Path "{path}" is too long.')
    return key


def object_key_in(folder: str, name: str) -> str:
    """The bucket key of a file that is named relative to a user's `folder`. Raises `Invalid`."""
    folder = folder.strip("/")
    return object_key(f"{folder}/{name}" if folder else name)


def safe_template(template: str, rules: InputRules = DEFAULT_RULES) -> str:
    """An output template as it is; `""` stays empty.

    Raises `Invalid` when it is absolute, has `..`, means a stream, or when yt-dlp could not read it. What its fields
    turn into is watched again when the name is made.
    """
    if not template.strip():
        return ""
    parts = template.split("/")
    if (
        template.startswith(("/", "~"))
        or ".." in parts
        or ".." in template.split("\\")
        or "\0" in template
        or template.strip() == "-"
    ):
        raise Invalid(_outside_text("Template", template, rules))
    if problem := problem_of(template) or placeholder_problem(template):
        raise Invalid(f'Template "{template}" is not valid: {problem}.')
    return template
