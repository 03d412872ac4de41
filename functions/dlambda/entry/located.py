"""Endpoints that are about one stored file: it is looked up, and a file that bears the id is gone to (files.md 1)."""

from collections.abc import Callable
from urllib.parse import quote

from flask import Response, request

from dlambda.entry.principals import current_principal
from dlambda.errors import NotFound
from dlambda.usecases.files.find_file import Found, find_file

MISSING = "File '{file}' does not exist."


def with_file(
    path: str, answer: Callable[[Found], Response], *, route: str, ending: str = "", missing: str = MISSING
) -> Response:
    """`answer` of the file at `path`, or 302 to `route` + the file that has its id + `ending`.

    The path begins at the caller's home, and so does what is answered.
    Raises `NotFound` with the text `missing`, for folders as well.
    """
    file = find_file(path, missing, current_principal().home)
    if file.moved:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        place = f"{request.script_root}{route}{quote(file.shown_path)}{ending}{query}"
        return Response(status=302, headers={"Location": place})
    if file.stored is None:
        raise NotFound(missing.format(file=path.removeprefix("/")))
    return answer(file)
