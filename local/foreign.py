"""Makes what the template names in services that are not our engines, by botocore: signed, and by HTTPS if they say so.

Loaded only where there is such a service. What a service refuses or lacks stops the start with a text that says which
one, and what is needed of it (docs/several-machines.md); an expiry that it lacks is a warning.
"""

import hmac
import time
from collections.abc import Iterable, Mapping
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from dlambda.domain.system.node import SILENT_SECONDS
from dlambda.service_access import read_access
from local import provision
from local.start_error import StartError
from local.template import Queue, Table

_OPTIONS = ClientConfig(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
    parameter_validation=False,
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_EXISTS = frozenset({"ResourceInUseException", "QueueNameExists", "QueueAlreadyExists", "BucketAlreadyOwnedByYou"})
_UNKNOWN = frozenset({"UnknownOperationException", "UnknownOperation", "NotImplemented", "501", "UnsupportedOperation"})
_NO_ACCESS = frozenset(
    {
        "403", "AccessDenied", "AccessDeniedException", "AuthorizationHeaderMalformed", "Forbidden",
        "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException",
        "MissingAuthenticationTokenException", "SignatureDoesNotMatch", "UnrecognizedClientException",
    }
)  # fmt: skip
_SUFFIXES = {"dynamodb": "DYNAMODB", "sqs": "SQS", "s3": "S3"}
_FINGERPRINT_LENGTH = 16
_READY = {"Delay": 1, "MaxAttempts": 60}


class Service:
    """A client of one service at `address`. `environ`: where its credentials, region and certificates stand."""

    def __init__(self, name: str, address: str, environ: Mapping[str, str]) -> None:
        self.name, self.address = name, address
        self.region = environ["AWS_REGION"]
        self._client = self._make_client(environ)

    def _make_client(self, environ: Mapping[str, str]) -> Any:
        try:
            own = read_access(environ).get(self.name)
        except ValueError as error:
            raise StartError(f"A setting is wrong. {error}.") from None
        options: dict[str, Any] = dict(own.options()) if own else {}
        self.region = options.pop("region_name", self.region)
        session = botocore.session.Session(profile=environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE"))
        if key := environ.get("AWS_ACCESS_KEY_ID"):
            session.set_credentials(key, environ.get("AWS_SECRET_ACCESS_KEY", ""), environ.get("AWS_SESSION_TOKEN"))
        options.setdefault("verify", environ.get("AWS_CA_BUNDLE") or None)
        try:
            return session.create_client(self.name, self.region, endpoint_url=self.address, config=_OPTIONS, **options)
        except (BotoCoreError, ValueError) as error:
            raise StartError(f"{self.address} cannot be used: {error}") from None

    def ask(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Sends a request; what exists already is no error. Raises `StartError`."""
        try:
            return self.try_asking(action, body)
        except ClientError as error:
            if _code(error) in _EXISTS:
                return {}
            raise self.refusal(action, error) from None

    def try_asking(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same; what the service refuses is left to the caller. Raises `ClientError`, and `StartError` without an
        answer.
        """
        try:
            answer: dict[str, Any] = getattr(self._client, xform_name(action))(**body)
        except BotoCoreError as error:
            raise StartError(f"No answer from {self.address} ({action}): {error}") from None
        except OSError as error:  # a file of certificates that is not there
            raise StartError(f"{self.address} cannot be used: {error}") from None
        return answer

    def refusal(self, action: str, error: ClientError) -> StartError:
        """The refusal of the service in words, with what is likely to mend it."""
        code, text = _code(error), error.response.get("Error", {}).get("Message", "")
        advice = ""
        if code in _NO_ACCESS:
            suffix = _SUFFIXES[self.name]
            advice = (
                f"\nIt takes other credentials: set AWS_ACCESS_KEY_ID_{suffix} and AWS_SECRET_ACCESS_KEY_{suffix}"
                f" (or both without _{suffix}, for all services),"
                f" and AWS_REGION_{suffix} if its region is not {self.region}."
            )
        return StartError(f"{action} was refused by {self.address}: {code} {text}".rstrip() + advice)

    def wait(self, waiter: str, body: Mapping[str, Any]) -> None:
        """Waits, a minute at most, for what takes the service a while."""
        try:
            self._client.get_waiter(waiter).wait(**body, WaiterConfig=_READY)
        except (WaiterError, ClientError, BotoCoreError) as error:
            raise StartError(f"{self.address} is not ready: {error}") from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "")).rpartition("#")[2]


def make_tables(service: Service, tables: Iterable[Table], prefix: str) -> list[str]:
    """Makes tables, indexes and expiries that are missing. Warnings, a sentence each."""
    by_name = {prefix + table.name: table for table in tables}
    for name, table in by_name.items():  # all at once: a cloud takes some seconds for each
        _ensure_table(service, name, table)
    warnings: list[str] = []
    for name, table in by_name.items():
        service.wait("table_exists", {"TableName": name})
        provision.add_indexes(service.ask, name, table.definition)
        if table.ttl:
            warnings += _set_ttl(service, name, table.ttl)
    check_transactions(service, f"{prefix}state")
    return list(dict.fromkeys(warnings))


def _ensure_table(service: Service, name: str, table: Table) -> None:
    try:
        service.try_asking("DescribeTable", {"TableName": name})
    except ClientError as error:
        if _code(error) != "ResourceNotFoundException":
            raise service.refusal("DescribeTable", error) from None
        service.ask("CreateTable", {"TableName": name, **table.definition})


def _set_ttl(service: Service, name: str, attribute: str) -> list[str]:
    try:
        provision.set_ttl(service.try_asking, name, attribute)
    except ClientError as error:
        if _code(error) not in _UNKNOWN:
            raise service.refusal("UpdateTimeToLive", error) from None
        return [f"{service.address} forgets no rows by itself (no time to live): its tables grow."]
    return []


def check_transactions(service: Service, table: str) -> None:
    """Raises `StartError` for tables without transactions: each change of an item is one. Changes nothing."""
    missing_row = {"TableName": table, "Key": {"key": {"S": "nothing"}}}
    check = {"ConditionCheck": {**missing_row, "ConditionExpression": "attribute_not_exists(#key)"}}
    check["ConditionCheck"]["ExpressionAttributeNames"] = {"#key": "key"}
    try:
        service.try_asking("TransactWriteItems", {"TransactItems": [check]})
    except ClientError as error:
        if _code(error) in _UNKNOWN:
            raise StartError(
                f"The tables at {service.address} lack transactions (TransactWriteItems), by which every change is"
                " written.\nUse DynamoDB, or an engine that has them (docs/several-machines.md)."
            ) from None
        raise service.refusal("TransactWriteItems", error) from None


def check_secret(service: Service, prefix: str, secret: str) -> None:
    """Raises `StartError` when the tables are of a deployment with another secret: it cannot open what is sealed."""
    fingerprint = hmac.new(secret.encode(), b"fingerprint", "sha256").hexdigest()[:_FINGERPRINT_LENGTH]
    row = {"key": {"S": "deployment"}, "fingerprint": {"S": fingerprint}}
    request = {"TableName": f"{prefix}state", "Item": row, "ConditionExpression": "attribute_not_exists(#key)"}
    try:
        service.try_asking("PutItem", {**request, "ExpressionAttributeNames": {"#key": "key"}})
        return
    except ClientError as error:
        if _code(error) != "ConditionalCheckFailedException":
            raise service.refusal("PutItem", error) from None
    query = {"TableName": request["TableName"], "Key": {"key": row["key"]}, "ConsistentRead": True}
    stored_fingerprint = service.ask("GetItem", query).get("Item", {}).get("fingerprint", {}).get("S", "")
    if stored_fingerprint != fingerprint:
        raise StartError(
            f"The tables at {service.address} belong to a deployment with another secret: cookies and keys that"
            " it sealed cannot be read here.\nGive all nodes one secret: set DLAMBDA_SECRET_KEY to what the file"
            " secret.key in the first node's data folder holds.\nIf that is lost, remove the row 'deployment' from the"
            f" table {request['TableName']}; cookies and API keys are then lost, too."
        )


def check_name(service: Service, prefix: str, name: str, identity: str) -> None:
    """Raises `StartError` when another node that is there has this name."""
    query = {"TableName": f"{prefix}connections", "Key": {"room": {"S": "nodes"}, "id": {"S": name}}}
    row = service.ask("GetItem", {**query, "ConsistentRead": True}).get("Item")
    if not row or row["identity"]["S"] in {identity, ""}:
        return
    if time.time() - float(row["seen_at"]["N"]) < SILENT_SECONDS:
        raise StartError(f"Another node has the name {name}. Set DLAMBDA_NODE to a name of its own.")


def make_queues(service: Service, queues: Iterable[Queue], prefix: str) -> None:
    """Makes those that are missing; dead-letter queues come first, and are named as the service names them."""
    arns: dict[str, str] = {}
    for queue in queues:
        name = prefix + queue.name
        service.ask("CreateQueue", queue.definition(prefix, arns.get(queue.dead_letters, "")))
        url = service.ask("GetQueueUrl", {"QueueName": name})["QueueUrl"]
        attributes = service.ask("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})["Attributes"]
        arns[queue.name] = attributes["QueueArn"]


def make_bucket(service: Service, name: str) -> None:
    """Makes the bucket unless it is there. Raises `StartError` also for one that belongs to somebody else."""
    try:
        service.try_asking("HeadBucket", {"Bucket": name})
        return
    except ClientError as error:
        code = _code(error)
        if code in {"403", "301"}:
            problem = service.refusal(f"The bucket {name}", error)
            raise StartError(f"{problem}\nOr it is somebody else's: set DLAMBDA_BUCKET to another name.") from None
        if code not in {"404", "NoSuchBucket"}:
            raise service.refusal(f"The bucket {name}", error) from None
    body: dict[str, Any] = {"Bucket": name}
    if service.address.endswith(".amazonaws.com") and service.region != "us-east-1":
        body["CreateBucketConfiguration"] = {"LocationConstraint": service.region}
    service.ask("CreateBucket", body)
