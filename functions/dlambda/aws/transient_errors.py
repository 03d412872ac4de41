"""The errors that queue and bucket clients raise when an engine is away: the same call may succeed later."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

CLOUD_ERRORS = (ClientError, BotoCoreError)


@contextmanager
def transfer_errors() -> Iterator[None]:
    """Raises botocore's error in the place of the one in which a transfer of boto3 wraps it."""
    from boto3.exceptions import Boto3Error  # a process that transfers nothing does without boto3: 3 MB

    try:
        yield
    except Boto3Error as error:
        cause = getattr(error, "last_exception", None) or error.__context__
        raise (cause if isinstance(cause, CLOUD_ERRORS) else HTTPClientError(error=cause or error)) from None
