"""Tells a service that is away from a request that is wrong, by what its client raised.

Clients do not say in their errors which service they asked, so the hooks of the session note it there (`watch`).
"""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004

TABLES: Final = "tables"
BUCKET: Final = "bucket"
_NAMES: Final[Mapping[str, str]] = {"dynamodb": TABLES, "sqs": "queues", "s3": BUCKET}
_SERVICE: Final = "Service"
_ATTRIBUTE: Final = "asked_service"
_BUSY: Final = frozenset(
    {"ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown",
     "Throttling", "ThrottlingError", "ThrottlingException", "TooManyRequestsException", "TransactionConflict",
     "TransactionConflictException", "TransactionInProgressException"}
)  # fmt: skip


def watch(events: Any) -> None:
    """Has the errors of all clients that have these hooks of botocore name their service."""
    events.register("after-call", _name_refusal)
    events.register("after-call-error", _name_failure)


def name_service(error: BaseException, service: str) -> None:
    """Notes in an error which service was asked, by botocore's name of it."""
    setattr(error, _ATTRIBUTE, service)


def find_absence(error: BaseException) -> str | None:
    """The service that is away or has too much to do (`tables`, `queues`, `bucket`, or botocore's name of it).

    The same request may succeed later. None for any other error, refusals too. Each error of a group must say so.
    """
    if isinstance(error, ExceptionGroup):
        services = [find_absence(member) for member in error.exceptions]
        return None if None in services else services[0]
    for cause in _causes(error):
        if isinstance(cause, ClientError) and _is_passing(cause):
            return _name(cause)
        if isinstance(cause, ConnectionError | HTTPClientError):
            return _name(cause)
    return None


def warn(log: logging.Logger, text: str, error: BaseException, **extra: object) -> None:
    """Logs what could not be done because of an error, in a line; with its trace when it is no absence."""
    log.warning("%s: %s", text, error, exc_info=None if find_absence(error) else error, extra=extra)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then the ones that it wraps: PynamoDB names a `cause`."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        if isinstance(cause, ClientError | BotoCoreError):
            return
        cause = getattr(cause, "cause", None)


def _is_passing(error: ClientError) -> bool:
    response: Mapping[str, Any] = error.response
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    reasons = {str(reason.get("Code")) for reason in response.get("CancellationReasons") or ()}
    codes = {str(response.get("Error", {}).get("Code")), *reasons}
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or not codes.isdisjoint(_BUSY)


def _name(error: BaseException) -> str:
    """The service; an error without one broke off while a body was read, which only the bucket's objects have."""
    service = getattr(error, _ATTRIBUTE, None)
    if isinstance(error, ClientError):
        answer: Mapping[str, Any] = error.response
        service = service or answer.get("ResponseMetadata", {}).get(_SERVICE)
    return _NAMES.get(service, service) if service else BUCKET


def _name_refusal(event_name: str, parsed: dict[str, Any], **_: Any) -> None:
    if "Error" in parsed:
        parsed.setdefault("ResponseMetadata", {})[_SERVICE] = event_name.split(".")[1]


def _name_failure(event_name: str, exception: BaseException, **_: Any) -> None:
    name_service(exception, event_name.split(".")[1])
