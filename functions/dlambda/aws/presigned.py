"""Presigned URLs of the bucket (Signature Version 4, in the query): made, and checked, by one and the same code."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dlambda.deployment import current
from dlambda.errors import Forbidden, Unavailable
from dlambda.service_access import ServiceAccess

_LONGEST_SECONDS = 7 * 86400  # what S3 allows
_SKEW_SECONDS = 900.0
_TIME = "%Y%m%dT%H%M%SZ"
_SIGNATURE = "X-Amz-Signature"
_REFUSED = "Access denied."
_EXPIRED = "This address has expired."

Parameters = Sequence[tuple[str, str]]


def sign(method: str, url: str, seconds: int) -> str:
    """`url` with a signature that is good for `seconds`. It covers the method, the host, the path and the query."""
    request = AWSRequest(method, url, headers={"host": urlsplit(url).netloc})
    _signer(seconds).add_auth(request)
    return str(request.url)


def check_signature(method: str, host: str, raw_path: bytes, query: bytes, now: float) -> Parameters:
    """The parameters of a signed request, each once. `now`: unix seconds. Raises `Forbidden`.

    However path and query are escaped: they are signed as `sign` writes them.
    """
    try:
        parameters = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
        expected = _signature(method, host, quote(unquote_to_bytes(raw_path)), parameters)
        values = dict(parameters)
        signed_at = datetime.strptime(values["X-Amz-Date"], _TIME).replace(tzinfo=UTC).timestamp()
        seconds = int(values["X-Amz-Expires"])
    except (ValueError, KeyError):
        raise Forbidden(_REFUSED) from None
    if len(values) < len(parameters) or not hmac.compare_digest(expected, values.get(_SIGNATURE, "").encode()):
        raise Forbidden(_REFUSED)
    if not 0 < seconds <= _LONGEST_SECONDS or signed_at > now + _SKEW_SECONDS:
        raise Forbidden(_REFUSED)
    if now > signed_at + seconds:
        raise Forbidden(_EXPIRED)
    return parameters


def _signature(method: str, host: str, path: str, parameters: Parameters) -> bytes:
    """What the signature must be. Raises `KeyError` without a date."""
    covered = [(name, value) for name, value in parameters if name != _SIGNATURE]
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in covered)
    request = AWSRequest(method, f"http://{host}{path}?{query}", headers={"host": host})
    request.context["timestamp"] = dict(covered)["X-Amz-Date"]
    signer = _signer(0)
    signature: str = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return signature.encode()


def _signer(seconds: int) -> S3SigV4QueryAuth:
    session, own = current().session(), current().service_access.get("s3", ServiceAccess())
    credentials = Credentials(own.key, own.secret, own.token or None) if own.key else session.get_credentials()
    if credentials is None:
        raise Unavailable("No credentials for the bucket are at hand.")
    region = own.region or session.get_config_variable("region") or "us-east-1"
    return S3SigV4QueryAuth(credentials, "s3", region, expires=seconds)
