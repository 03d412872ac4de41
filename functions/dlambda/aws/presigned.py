"""Presigned URLs of the bucket (Signature Version 4, in the query): made, and checked, by one and the same code."""

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from dlambda.deployment import current, per_deployment
from dlambda.errors import Forbidden, Unavailable
from dlambda.service_access import ServiceAccess

_LONGEST_SECONDS = 7 * 86400  # what S3 allows
_SKEW_SECONDS = 900.0
_CHECKED = 128
_ESCAPED = 512
_TIME = "%Y%m%dT%H%M%SZ"
_ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNATURE = "X-Amz-Signature"
_REFUSED = "Access denied."
_EXPIRED = "This address has expired."

Parameter = tuple[str, str]
Parameters = Sequence[Parameter]
Secret = tuple[str, str]
"""The secret of a key pair, and the region."""


def sign(method: str, address: str, seconds: int, parameters: Parameters = ()) -> str:
    """`address` (scheme, host, escaped path) and `parameters` with a signature that is good for `seconds`.

    It covers the method, the host, the path and the query.
    """
    access = _access()
    signed_at = _as_text(int(time.time()))
    own = _own_parameters((access.key, access.token, access.region), signed_at, seconds)
    covered = [*((parameter, _escaped_before(*parameter)) for parameter in parameters), *own]
    signed_query = "&".join([text for _, text in sorted(covered)])
    host, slash, path = address.partition("://")[2].partition("/")
    request = f"{method}\n{slash}{path}\n{signed_query}\nhost:{host}"
    signature = _signature((access.secret, access.region), request, signed_at)
    return f"{address}?{'&'.join([text for _, text in covered])}&{_SIGNATURE}={signature}"


@lru_cache(maxsize=4)
def _as_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime(_TIME)


@lru_cache(maxsize=8)
def _own_parameters(access: tuple[str, str, str], signed_at: str, seconds: int) -> Sequence[tuple[Parameter, str]]:
    """The parameters of a signature beside itself, each with its escaped text. `access`: key, token, region."""
    access_key, token, region = access
    parameters = [
        ("X-Amz-Algorithm", _ALGORITHM),
        ("X-Amz-Credential", f"{access_key}/{_scope(signed_at, region)}"),
        ("X-Amz-Date", signed_at),
        ("X-Amz-Expires", str(seconds)),
        ("X-Amz-SignedHeaders", "host"),
        *([("X-Amz-Security-Token", token)] if token else []),
    ]
    return [(parameter, _escaped(*parameter)) for parameter in parameters]


def check_signature(method: str, host: str, raw_path: bytes, query: bytes, now: float) -> Parameters:
    """The parameters of a signed request, each once. `now`: unix seconds. Raises `Forbidden`.

    However path and query are escaped: they are signed as `sign` writes them.
    """
    access = _access()
    signed = _check((access.secret, access.region), f"{method} {host}", raw_path, query)
    if signed.time > now + _SKEW_SECONDS:
        raise Forbidden(_REFUSED)
    if now > signed.time + signed.seconds:
        raise Forbidden(_EXPIRED)
    return signed.parameters


class _Signed(NamedTuple):
    """A request whose signature is right: its parameters, when it was signed, and for how long."""

    parameters: Parameters
    time: float
    seconds: int


@lru_cache(maxsize=_CHECKED)
def _check(secret: Secret, method_and_host: str, raw_path: bytes, query: bytes) -> _Signed:
    """Checks all but the time. Players ask for one address many times. Raises `Forbidden`, which is not remembered."""
    try:
        parameters = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
        values = dict(parameters)
        signed_at = values["X-Amz-Date"]
        signed_time = datetime.strptime(signed_at, _TIME).replace(tzinfo=UTC).timestamp()
        seconds = int(values["X-Amz-Expires"])
    except (ValueError, KeyError):
        raise Forbidden(_REFUSED) from None
    covered = [(name, value) for name, value in parameters if name != _SIGNATURE]
    signed_query = "&".join(_escaped(name, value) for name, value in sorted(covered))
    method, _, host = method_and_host.partition(" ")
    request = f"{method}\n{quote(unquote_to_bytes(raw_path))}\n{signed_query}\nhost:{host}"
    expected = _signature(secret, request, signed_at).encode()
    if len(values) < len(parameters) or not hmac.compare_digest(expected, values.get(_SIGNATURE, "").encode()):
        raise Forbidden(_REFUSED)
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise Forbidden(_REFUSED)
    return _Signed(parameters, signed_time, seconds)


def _signature(secret: Secret, request: str, signed_at: str) -> str:
    """The right signature of a request: method, path and sorted query as they are escaped, and host, a line each."""
    secret_key, region = secret
    digest = hashlib.sha256(f"{request}\n\nhost\nUNSIGNED-PAYLOAD".encode()).hexdigest()
    text = f"{_ALGORITHM}\n{signed_at}\n{_scope(signed_at, region)}\n{digest}"
    return hmac.new(_key(secret_key, signed_at[:8], region), text.encode(), "sha256").hexdigest()


def _scope(signed_at: str, region: str) -> str:
    return f"{signed_at[:8]}/{region}/s3/aws4_request"


@lru_cache(maxsize=8)
def _key(secret: str, day: str, region: str) -> bytes:
    """The key with which a day's requests are signed."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _escaped(name: str, value: str) -> str:
    return f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"


_escaped_before = lru_cache(maxsize=_ESCAPED)(_escaped)
"""For addresses of our own: many of their parameters are those of one before."""


@per_deployment
def _region() -> str:
    return current().session().get_config_variable("region") or "us-east-1"


def _access() -> ServiceAccess:
    """Returns the keys that sign requests, and the region. Raises `Unavailable`."""
    own = current().service_access.get("s3", ServiceAccess())
    if own.key and own.region:
        return own
    region = own.region or _region()
    if own.key:
        return replace(own, region=region)
    credentials = current().session().get_credentials()
    if credentials is None:
        raise Unavailable("No credentials for the bucket are at hand.")
    pair = credentials.get_frozen_credentials()
    return ServiceAccess(pair.access_key or "", pair.secret_key or "", pair.token or "", region)
