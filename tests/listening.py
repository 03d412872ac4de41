"""Which loopback ports processes listen on, and what an uninvited program may try there."""

import http.client
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_LISTENS = "0A"
_SECONDS = 5
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=x/20200101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"  # of nobody
)


def ports_of(pids: Iterable[int]) -> set[int]:
    """The TCP ports that these processes listen on in this network."""
    sockets = {inode for pid in pids for inode in _socket_inodes(pid)}
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTENS and words[9] in sockets:
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports


def _socket_inodes(pid: int) -> set[str]:
    found = set()
    for entry in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


@dataclass(frozen=True)
class Attempt:
    """A request of a program that has no secret. `taken`: what only an engine that did it answers."""

    name: str
    method: str
    headers: dict[str, str]
    body: str
    taken: str


def _dynamo(action: str, body: object, taken: str, **headers: str) -> Attempt:
    signed = {"Authorization": _SIGNED.format("dynamodb"), "X-Amz-Date": "20200101T000000Z"}
    target = {"X-Amz-Target": f"DynamoDB_20120810.{action}", "Content-Type": "application/x-amz-json-1.0"}
    return Attempt(f"dynamodb {action} {headers}", "POST", {**signed, **target, **headers}, json.dumps(body), taken)


def _sqs(action: str, body: object, taken: str, **headers: str) -> Attempt:
    signed = {"Authorization": _SIGNED.format("sqs"), "X-Amz-Date": "20200101T000000Z"}
    target = {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}
    return Attempt(f"sqs {action} {headers}", "POST", {**signed, **target, **headers}, json.dumps(body), taken)


def _form(body: str, taken: str, **headers: str) -> Attempt:
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    return Attempt(f"form {body} {headers}", "POST", {**plain, **headers}, body, taken)


_PAGE = {"Origin": "https://page.example"}
_QUEUE = "http://localhost/000000000000/dlambda-intake"
_PREFLIGHT = {
    **_PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "x-amz-target,authorization",
}

ATTEMPTS = (
    _dynamo("ListTables", {}, "TableNames"),
    _dynamo("ListTables", {}, "TableNames", **_PAGE),
    _dynamo("Scan", {"TableName": "dlambda-items"}, "ScannedCount", **_PAGE),
    _dynamo("DeleteTable", {"TableName": "dlambda-cache"}, "TableDescription"),
    _sqs("ListQueues", {}, "QueueUrls"),
    _sqs("GetQueueUrl", {"QueueName": "dlambda-intake"}, "QueueUrl", **_PAGE),
    _sqs("SendMessage", {"QueueUrl": _QUEUE, "MessageBody": "{}"}, "MD5OfMessageBody"),
    _form("Action=ListQueues", "<QueueUrl>"),
    _form("Action=ListQueues", "<QueueUrl>", **_PAGE),
    _form(f"Action=SendMessage&QueueUrl={_QUEUE}&MessageBody=x", "MD5OfMessageBody", **_PAGE),
    _form(f"Action=PurgeQueue&QueueUrl={_QUEUE}", "PurgeQueueResponse", **_PAGE),
    Attempt("preflight", "OPTIONS", _PREFLIGHT, "", "x-amz-target"),
    Attempt("text", "POST", {"Content-Type": "text/plain", **_PAGE}, "Action=ListQueues", "<QueueUrl>"),
    Attempt("health", "GET", {}, "", "healthy: dynamodb"),
)


@dataclass(frozen=True)
class Reply:
    """What an attempt was answered: headers in lower case, head and body as one text."""

    status: int
    headers: dict[str, str]
    text: str


def try_at(connection: http.client.HTTPConnection, attempt: Attempt) -> Reply:
    """Makes one attempt, which closes the connection."""
    try:
        connection.request(attempt.method, "/", attempt.body.encode(), attempt.headers)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, headers, f"{headers}\n{answer.read().decode(errors='replace')}")
    finally:
        connection.close()


def try_port(port: int, attempt: Attempt) -> Reply:
    return try_at(http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS), attempt)
