"""Media of the library: the signature is checked here, and the plain file is sent, or a ZIP of several."""

import asyncio
from urllib.parse import unquote_to_bytes

from dlambda.aws.library import Library
from dlambda.aws.presigned import Parameters, check_signature
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.errors import AppError, Forbidden, NotFound
from dlambda.usecases.files.streamed_bundle import find_bundle
from local.gateway.asgi import Scope, Send, header, refuse
from local.gateway.media_headers import Pairs, named_by_url
from local.gateway.object_sending import FileSource, Source, send_source
from local.gateway.zip_sending import ZipSource


class LibraryMedia:
    """Answers requests for the bucket's objects from `library`. `prefix`: of their paths, `/<bucket>/`."""

    def __init__(self, library: Library, prefix: bytes) -> None:
        self._library = library
        self._prefix = prefix

    async def serve(self, scope: Scope, send: Send, cors: Pairs) -> None:
        """See `MediaSource`."""
        try:
            parameters = _check(scope)
            key = unquote_to_bytes(scope["raw_path"].removeprefix(self._prefix)).decode(errors="strict")
            source = await asyncio.to_thread(self.open, key)
        except UnicodeDecodeError:
            return await refuse(send, 404, "File not found", "NOT_FOUND", cors)
        except AppError as error:
            return await refuse(send, error.status, error.message, error.code, cors)
        named = {b"content-type": content_type(key).encode(), **named_by_url(parameters)}
        try:
            return await send_source(scope, send, source, [*named.items(), *cors])
        finally:
            source.close()

    def open(self, key: str) -> Source:
        """The object, or the ZIP that is made of others. Raises `NotFound`."""
        try:
            return FileSource(self._library.open(key))
        except NotFound:
            bundle = find_bundle(key)
            if bundle is None:
                raise
            return ZipSource(bundle, self._library)


def _check(scope: Scope) -> Parameters:
    """The parameters of a request whose signature is right. An address for GET serves HEAD as well."""
    host = header(scope, b"host").decode("latin-1")
    parts = (host, scope["raw_path"], scope["query_string"], current().clock.time())
    try:
        return check_signature("GET", *parts)
    except Forbidden:
        if scope["method"] != "HEAD":
            raise
    return check_signature("HEAD", *parts)
