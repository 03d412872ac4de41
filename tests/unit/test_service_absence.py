"""Which errors say that a service is away."""

from http import HTTPStatus
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from pynamodb.exceptions import PutError, QueryError, TransactWriteError

from dlambda.service_absence import find_absence, name_service

_URL = "http://engine.invalid"


def refused(code: str, status: int, service: str = "", reasons: tuple[str, ...] = ()) -> ClientError:
    metadata = {"HTTPStatusCode": status, **({"Service": service} if service else {})}
    response: dict[str, Any] = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": metadata}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")  # type: ignore[arg-type]


def asked(error: Exception, service: str) -> Exception:
    name_service(error, service)
    return error


def upload_failed(cause: Exception) -> Exception:
    """What a transfer of boto3 raises."""
    try:
        try:
            raise cause
        except type(cause):
            raise S3UploadFailedError("Failed to upload")  # noqa: B904 as boto3 does
    except S3UploadFailedError as error:
        return error


UNAVAILABLE, FAILED = HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR
BAD, FORBIDDEN = HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN
CASES = [
    (refused("SlowDown", UNAVAILABLE, "s3"), "bucket"),
    (refused("InternalError", FAILED, "s3"), "bucket"),
    (refused("503", UNAVAILABLE, "sqs"), "queues"),
    (refused("ThrottlingException", BAD, "secrets-manager"), "secrets-manager"),
    (upload_failed(refused("InternalError", FAILED, "s3")), "bucket"),
    (ResponseStreamingError(error="cut off"), "bucket"),
    (asked(EndpointConnectionError(endpoint_url=_URL), "sqs"), "queues"),
    (PutError("m", asked(ReadTimeoutError(endpoint_url=_URL), "dynamodb")), "tables"),
    (QueryError("m", refused("InternalServerError", FAILED, "dynamodb")), "tables"),
    (
        TransactWriteError(
            "m", refused("TransactionCanceledException", BAD, "dynamodb", ("None", "TransactionConflict"))
        ),
        "tables",
    ),
    (TransactWriteError("m", refused("TransactionCanceledException", BAD, "dynamodb", ("ValidationError",))), None),
    (refused("AccessDenied", FORBIDDEN, "s3"), None),
    (PutError("m", refused("ValidationException", BAD, "dynamodb")), None),
    (PutError("m"), None),
    (NoCredentialsError(), None),
    (
        ExceptionGroup("of a round", [refused("503", UNAVAILABLE, "sqs"), PutError("m", refused("500", FAILED))]),
        "queues",
    ),
    (ExceptionGroup("of a round", [refused("503", UNAVAILABLE, "sqs"), KeyError("x")]), None),
    (upload_failed(refused("AccessDenied", FORBIDDEN, "s3")), None),
    (KeyError("x"), None),
]


@pytest.mark.parametrize(("error", "service"), CASES, ids=lambda value: str(value)[:40])
def test_which_service_is_away(error: Exception, service: str | None) -> None:
    assert find_absence(error) == service
