"""Sign-in at an OpenID Connect provider: authorization code, PKCE, state and nonce (docs/contract/accounts.md 6)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from dlambda.deployment import current, per_deployment
from dlambda.domain.accounts.external import groups_of_claims, name_of_claims
from dlambda.domain.accounts.principal import Principal
from dlambda.errors import AppError, Invalid, NotFound, OperationFailed, Unavailable
from dlambda.media.outgoing.request import Request
from dlambda.store.accounts import sessions
from dlambda.usecases.accounts.external_users import find_by_subject

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

SIGN_IN_SECONDS: Final = 600
_DISCOVERY: Final = "/.well-known/openid-configuration"
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_FETCH_SECONDS: Final = 10.0
_LIMIT_BYTES: Final = 1024 * 1024
_KNOWN_SECONDS: Final = 3600.0
_LEEWAY_SECONDS: Final = 60
_FAILED: Final = "The sign-in at the provider failed"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that is under way: where the browser goes, and the state that it must bring back."""

    url: str
    state: str


class _Provider:
    """Reads the provider's description of itself, at most once an hour."""

    def __init__(self) -> None:
        self._metadata: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._until = 0.0

    def metadata(self) -> Mapping[str, Any]:
        """Raises `Unavailable`, and `OperationFailed` for a provider that is another one than the settings name."""
        now = current().clock.monotonic()
        if not self._metadata or now >= self._until:
            issuer = current().settings.oidc_issuer.rstrip("/")
            metadata = _read(Request(issuer + _DISCOVERY, timeout_seconds=_FETCH_SECONDS, limit_bytes=_LIMIT_BYTES))
            if str(metadata.get("issuer", "")).rstrip("/") != issuer:
                raise OperationFailed(f"{_FAILED}: it calls itself by another address than YTP_OIDC_ISSUER.")
            self._metadata, self._keys, self._until = metadata, None, now + _KNOWN_SECONDS
        return self._metadata

    def endpoint(self, name: str) -> str:
        url = self.metadata().get(name)
        if not isinstance(url, str):
            raise OperationFailed(f"{_FAILED}: it has no {name}.")
        return url

    def keys(self, *, anew: bool = False) -> "KeySet":
        """The keys that it signs with; read `anew` when a token names one that is not among them."""
        from joserfc.jwk import KeySet  # 10 MB, for deployments that have a provider

        if self._keys is None or anew:
            url = self.endpoint("jwks_uri")
            document: Any = _read(Request(url, timeout_seconds=_FETCH_SECONDS, limit_bytes=_LIMIT_BYTES))
            self._keys = KeySet.import_key_set(document)
        return self._keys


@per_deployment
def _provider() -> _Provider:
    return _Provider()


def begin(redirect_uri: str, target: str) -> Begun:
    """Begins a sign-in that ends at `target`, a path of this service. Raises `NotFound` without a provider."""
    settings, deployment = _settings(), current()
    state, nonce, verifier = (deployment.new_token() for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect_uri,
        "scope": settings.oidc_scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = _provider().endpoint("authorization_endpoint")
    login = {"nonce": nonce, "verifier": verifier, "redirect_uri": redirect_uri, "target": target}
    sessions.put_once(f"oidc {state}", login, deployment.clock.time() + SIGN_IN_SECONDS)
    return Begun(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", state)


def finish(code: str, state: str) -> tuple[Principal, str]:
    """The caller whom the provider sends back, and where the browser goes. A state is good once.

    Raises `Invalid`, `Forbidden` for users who may not sign in, `OperationFailed` and `Unavailable`.
    """
    _settings()
    login = sessions.take_once(f"oidc {state}", current().clock.time())
    if login is None:
        raise Invalid("This sign-in has expired. Begin it again.")
    tokens = _exchange(code, login["redirect_uri"], login["verifier"])
    claims = _claims(str(tokens.get("id_token", "")), login["nonce"])
    settings = current().settings
    if not groups_of_claims(claims, settings.oidc_groups_claim) or settings.oidc_name_claim not in claims:
        claims = {**_user_info(tokens, claims), **claims}
    groups = groups_of_claims(claims, settings.oidc_groups_claim)
    name = name_of_claims(claims, settings.oidc_name_claim)
    return find_by_subject(str(claims["iss"]), str(claims["sub"]), name, groups), login["target"]


def _settings() -> Any:
    settings = current().settings
    if not settings.has_oidc:
        raise NotFound("No sign-in provider is set up.")
    return settings


def _exchange(code: str, redirect_uri: str, verifier: str) -> Mapping[str, Any]:
    """The tokens of a code."""
    settings = current().settings
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    headers = {"Content-Type": _FORM, "Accept": "application/json"}
    methods = _provider().metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if settings.oidc_client_secret and "client_secret_basic" in methods:
        pair = f"{quote(settings.oidc_client_id, safe='')}:{quote(settings.oidc_client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = settings.oidc_client_id
        if settings.oidc_client_secret:
            form["client_secret"] = settings.oidc_client_secret
    return _read(
        Request(
            _provider().endpoint("token_endpoint"),
            method="POST",
            headers=headers,
            body=urlencode(form).encode(),
            timeout_seconds=_FETCH_SECONDS,
            limit_bytes=_LIMIT_BYTES,
            follow=False,
        )
    )


def _claims(id_token: str, nonce: str) -> Mapping[str, Any]:
    """The claims of a token that this provider signed for this client and this sign-in. Raises `OperationFailed`."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    settings = current().settings
    try:
        try:
            token = jwt.decode(id_token, _provider().keys(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):  # signed with a key that is newer than those that are known
            token = jwt.decode(id_token, _provider().keys(anew=True), algorithms=_ALGORITHMS)
        registry = jwt.JWTClaimsRegistry(
            now=int(current().clock.time()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": _provider().metadata()["issuer"]},
            sub={"essential": True},
            aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(token.claims)
    except (JoseError, ValueError) as error:
        raise OperationFailed(f"{_FAILED}: its token is not valid.") from error
    if token.claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise OperationFailed(f"{_FAILED}: its token is for another client.")
    return dict(token.claims)


def _user_info(tokens: Mapping[str, Any], claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """The provider's claims beside the token; none when they are somebody else's, or it has no such address."""
    url, access = _provider().metadata().get("userinfo_endpoint"), tokens.get("access_token")
    if not isinstance(url, str) or not isinstance(access, str):
        return {}
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    info = _read(Request(url, headers=headers, timeout_seconds=_FETCH_SECONDS, limit_bytes=_LIMIT_BYTES, follow=False))
    return info if info.get("sub") == claims.get("sub") else {}


def _read(request: Request) -> Mapping[str, Any]:
    """A JSON object of the provider, whose address the operator chose: it may lie in the private network."""
    from dlambda.media.outgoing.fetch import fetch  # loads urllib3, for deployments that have a provider

    try:
        answer = fetch(request, allow_internal=True)
    except AppError as error:
        raise Unavailable(f"{_FAILED}: it cannot be reached.") from error
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    if not answer.ok or not isinstance(document, dict):
        raise OperationFailed(f"{_FAILED}: it answered {answer.status}.")
    return document
