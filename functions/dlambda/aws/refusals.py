"""Requests that a service refused: errors by the codes that it gives to its reasons."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import ClientError

Codes = frozenset[str]

MISSING: Final[Codes] = frozenset({"404", "NoSuchKey", "NotFound"})
UPLOAD_ENDED: Final[Codes] = frozenset({"NoSuchUpload"})
TOO_LARGE: Final[Codes] = frozenset({"EntityTooLarge", "InvalidRequest"})
CLIENT_GONE: Final[Codes] = frozenset({"GoneException", "410"})
TAKES_NO_GROUPS: Final[Codes] = frozenset({"InvalidParameterValue"})


def is_refusal(error: Exception, reasons: Codes) -> bool:
    """True if a service refused a request for one of these reasons."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in reasons


@contextmanager
def refusals_as(own_error: Exception, reasons: Codes) -> Iterator[None]:
    """Raises `own_error` in the place of a refusal for one of these reasons; any other error passes."""
    try:
        yield
    except ClientError as error:
        if is_refusal(error, reasons):
            raise own_error from None
        raise
