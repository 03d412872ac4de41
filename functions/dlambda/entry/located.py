"""Endpoints that are about one stored file: it is looked up, and a file that bears the id is gone to (files.md 1)."""

from collections.abc import Callable
from urllib.parse import quote

from flask import Response, request

from dlambda.errors import NotFound
from dlambda.usecases.files.find_file import Found, find_file

MISSING = "File '{file}' does not exist."


def with_file(
    asked: str, answer: Callable[[Found], Response], *, route: str, ending: str = "", missing: str = MISSING
) -> Response:
    """`answer` of the file at `asked`, or 302 to `route` + the file that has its id + `ending`.

    Raises `NotFound` with the text `missing`, for folders as well.
    """
    found = find_file(asked, missing)
    if found.moved:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        place = f"{request.script_root}{route}{quote(found.path)}{ending}{query}"
        return Response(status=302, headers={"Location": place})
    if found.stored is None:
        raise NotFound(missing.format(file=asked.removeprefix("/")))
    return answer(found)
