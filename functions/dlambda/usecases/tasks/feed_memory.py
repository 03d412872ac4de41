"""The last answer that a watched feed gave, in the bucket, so that an unchanged feed is not sent again."""

from base64 import b64decode, b64encode
from binascii import Error
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from dlambda.aws import bucket
from dlambda.errors import NotFound
from dlambda.media.outgoing.request import Answer
from dlambda.usecases.transient_errors import ENGINE_ERRORS

_KEPT_HEADERS: Final = ("etag", "last-modified", "content-type")


@dataclass(frozen=True)
class FeedMemory:
    """Of one task. It goes with the caches, after a day; then the feed is read anew."""

    task_id: int

    @property
    def _key(self) -> str:
        return f"cache/feeds/{self.task_id}"

    def find(self, url: str) -> Answer | None:
        """The last answer of `url`; None when nothing is kept of it."""
        try:
            document = bucket.get_json(self._key)
            if document["asked"] != url:
                return None
            return Answer(document["url"], 200, document["headers"], b64decode(document["body"]))
        except (NotFound, ValueError, KeyError, Error, *ENGINE_ERRORS):
            return None  # then the feed is read whole

    def keep(self, url: str, answer: Answer) -> None:
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        body = b64encode(answer.body).decode()
        with suppress(*ENGINE_ERRORS):
            bucket.put_json(self._key, {"asked": url, "url": answer.url, "headers": headers, "body": body})
