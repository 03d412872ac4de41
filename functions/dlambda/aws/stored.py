"""An object of the bucket, as a listing or a look at it shows it."""

from dataclasses import dataclass
from datetime import datetime

from dlambda.domain.web.etag import made_etag
from dlambda.domain.web.http_date import http_date


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as a listing or a HEAD shows it."""

    key: str
    size_bytes: int
    modified: datetime
    etag: str = ""

    @property
    def version(self) -> str:
        """The object's ETag without its quotes: it changes when the object does."""
        return self.etag or made_etag(self.size_bytes, self.last_modified)

    @property
    def last_modified(self) -> str:
        """As the header of that name."""
        return http_date(self.modified.timestamp())
