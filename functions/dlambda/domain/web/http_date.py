"""Times as HTTP headers and feeds write them."""

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache


@lru_cache(maxsize=256)
def http_date(timestamp: float) -> str:
    """Unix seconds as RFC 2822 in GMT: `Fri, 13 Feb 2009 23:31:30 GMT`."""
    return format_datetime(datetime.fromtimestamp(timestamp, UTC), usegmt=True)
