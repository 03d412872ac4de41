"""Which errors say that a service is away."""

from http import HTTPStatus
from typing import Any

import pytest
from boto3.exceptions import RetriesExceededError, S3UploadFailedError
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from pynamodb.exceptions import PutError, QueryError, TransactWriteError

from dlambda.aws.transient_errors import transfer_errors
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


def transfer_failed(raised: Exception, cause: Exception) -> Exception:
    """What the bucket raises when a transfer of boto3 has met an error."""
    try:
        with transfer_errors():
            try:
                raise cause
            except type(cause):
                raise raised  # noqa: B904 as boto3 does
    except Exception as error:
        return error


def upload_failed(cause: Exception) -> Exception:
    return transfer_failed(S3UploadFailedError("Failed to upload"), cause)


def download_failed(cause: Exception) -> Exception:
    raised = RetriesExceededError(cause)  # type: ignore[arg-type]  # it takes any, as s3transfer gives it
    return transfer_failed(raised, KeyError("of the last try"))


UNAVAILABLE, FAILED = HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR
BAD, FORBIDDEN = HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN
CASES = [
    (refused("SlowDown", UNAVAILABLE, "s3"), "bucket"),
    (refused("InternalError", FAILED, "s3"), "bucket"),
    (refused("503", UNAVAILABLE, "sqs"), "queues"),
    (refused("ThrottlingException", BAD, "secrets-manager"), "secrets-manager"),
    (upload_failed(refused("InternalError", FAILED, "s3")), "bucket"),
    (download_failed(ResponseStreamingError(error="cut off")), "bucket"),
    (download_failed(ConnectionResetError("reset")), "bucket"),
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
