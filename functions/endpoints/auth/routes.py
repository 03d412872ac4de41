"""The routes of `/api/auth/*`: signing in, one's own account, sessions and keys (docs/contract/accounts.md)."""

from typing import Any

from flask import Response, g, jsonify

from dlambda.deployment import current
from dlambda.domain.accounts.account import read_name, read_password, user_view
from dlambda.domain.accounts.permission import Permission, permissions_held
from dlambda.domain.accounts.session import read_token
from dlambda.entry.attempts import PASSWORD, count_failures
from dlambda.entry.http import make_routes, problems
from dlambda.entry.principals import current_principal, find_principal
from dlambda.errors import FeatureDisabled, Invalid, NotFound, WrongCredentials
from dlambda.usecases.accounts import api_keys, manage_accounts, sign_in
from dlambda.usecases.accounts.login_need import is_open_on_purpose, is_set_up, login_needed
from endpoints.auth import oidc, session_cookie
from endpoints.auth.schemas import (
    AccountChangeBody,
    CallbackQuery,
    CredentialsBody,
    KeyAnswer,
    KeyPath,
    Keys,
    LoginQuery,
    Me,
    NewKeyBody,
    SessionPath,
    Sessions,
    Status,
    Ticket,
    UserAnswer,
)

routes = make_routes("auth", "Accounts, sessions and API keys")
_STATUS = "/api/auth/status"

Answer = dict[str, Any] | Response | tuple[dict[str, Any] | Response, int] | tuple[str, int]


@routes.before_request
def check_enabled() -> None:
    """Raises `FeatureDisabled` for all but the status where accounts are switched off."""
    if current().settings.disable_auth and g.incoming.path.rstrip("/") != _STATUS:
        raise FeatureDisabled("Authentication is disabled.", "authentication")


@routes.after_request
def store_nothing(response: Response) -> Response:
    """Answers about accounts belong into no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get(_STATUS, permission=Permission.PUBLIC, responses={200: Status})
def status() -> Answer:
    """Answers whether somebody is signed in, and how that can be done."""
    principal, requires_login, set_up = find_principal(), login_needed(), is_set_up()
    return {
        "disabled": not requires_login,
        "setup_required": requires_login and not set_up,
        "setup_possible": not (set_up or is_open_on_purpose() or current().settings.disable_auth),
        "authenticated": principal is not None,
        "user": user_view(principal) if principal else None,
        "oidc": oidc.provider(),
    }


@routes.post("/api/auth/setup", permission=Permission.PUBLIC, responses={201: UserAnswer, **problems(400, 403, 409)})
def setup(body: CredentialsBody) -> Answer:
    """Makes the first account, an admin, and signs in."""
    fields = body.root if isinstance(body.root, dict) else {}
    account = manage_accounts.set_up(fields.get("username"), fields.get("password"))
    return session_cookie.start(jsonify(user=user_view(account.principal)), account.principal), 201


@routes.post("/api/auth/login", permission=Permission.PUBLIC, responses={200: UserAnswer, **problems(400, 429)})
def login(body: CredentialsBody) -> Answer:
    """Signs in with a name and a password."""
    fields = body.root if isinstance(body.root, dict) else {}
    name, password = read_name(fields.get("username")), read_password(fields.get("password"))
    with count_failures(PASSWORD, g.incoming.client):
        principal = sign_in.find_by_password(name, password)
        if principal is None:
            raise WrongCredentials("Unauthorized (Invalid credentials).")
    return session_cookie.start(jsonify(user=user_view(principal)), principal)


@routes.post("/api/auth/logout", permission=Permission.PUBLIC, responses={204: None})
def logout() -> Answer:
    """Ends the session of this browser."""
    sign_in.end_session(session_cookie.sent_cookie())
    response = Response(status=204)
    session_cookie.remove_cookie(response)
    return response


@routes.get("/api/auth/oidc/login", permission=Permission.PUBLIC, responses={302: None, **problems(404, 503)})
def oidc_login(query: LoginQuery) -> Answer:
    """Leads to the provider's page (settings `oidc_issuer`, `oidc_client_id`)."""
    return oidc.begin(query.next or "")


@routes.get("/api/auth/oidc/callback", permission=Permission.PUBLIC, responses={302: None, **problems(400, 404, 503)})
def oidc_callback(query: CallbackQuery) -> Answer:
    """Signs in whom the provider sends back."""
    return oidc.sign_in(*oidc.finish(query))


@routes.get("/api/auth/me", permission=Permission.ACCOUNT, responses={200: Me})
def me() -> Answer:
    """Answers who asks, and what that one may do."""
    principal = current_principal()
    return {
        "user": user_view(principal),
        "permissions": sorted(permissions_held(principal)),
        "scopes": api_keys.scopes_of(principal),
    }


@routes.patch(
    "/api/auth/account", permission=Permission.ACCOUNT, responses={200: UserAnswer, **problems(400, 409, 429)}
)
def change_account(body: AccountChangeBody) -> Answer:
    """Changes one's own name or password. A new password ends all sessions, and begins a new one here."""
    with count_failures(PASSWORD, g.incoming.client):
        account = manage_accounts.change_own(current_principal(), body.root)
    response: Response = jsonify(user=user_view(account.principal))
    return session_cookie.start(response, account.principal) if body.root.get("password") is not None else response


@routes.get("/api/auth/sessions", permission=Permission.ACCOUNT, responses={200: Sessions})
def list_sessions() -> Answer:
    """Lists one's own sessions, newest first."""
    return {"items": sign_in.list_sessions(current_principal(), session_cookie.sent_cookie())}


@routes.delete("/api/auth/sessions", permission=Permission.ACCOUNT, responses={204: None, **problems(400)})
def end_other_sessions() -> Answer:
    """Ends all of one's own sessions but that of this browser."""
    token, principal = read_token(session_cookie.sent_cookie()), current_principal()
    caller = sign_in.find_by_session(session_cookie.sent_cookie())
    if token is None or caller is None or caller.account_id != principal.account_id:
        raise Invalid("A valid session cookie is required.")
    sign_in.end_sessions(token.account_id, but=token.session_id)
    return "", 204


@routes.delete("/api/auth/sessions/<string:id>", permission=Permission.ACCOUNT, responses={204: None, **problems(404)})
def end_session(path: SessionPath) -> Answer:
    """Ends one of one's own sessions."""
    if not sign_in.remove_session(current_principal(), path.id):
        raise NotFound("Session not found.")
    response = Response(status=204)
    token = read_token(session_cookie.sent_cookie())
    if token and token.session_id == path.id:
        session_cookie.remove_cookie(response)
    return response


@routes.post("/api/auth/ws-ticket", permission=Permission.ACCOUNT, responses={201: Ticket})
def make_ticket() -> Answer:
    """Makes a ticket that opens one WebSocket, for pages of other origins."""
    return {"ticket": sign_in.make_ticket(current_principal()), "expires_in": sign_in.TICKET_SECONDS}, 201


@routes.get("/api/auth/api-keys", permission=Permission.ACCOUNT, responses={200: Keys})
def list_keys() -> Answer:
    """Lists one's own API keys, without their values."""
    return {"items": api_keys.list_keys(current_principal())}


@routes.post("/api/auth/api-keys", permission=Permission.ACCOUNT, responses={201: KeyAnswer, **problems(400)})
def make_key(body: NewKeyBody) -> Answer:
    """Makes an API key; its value is answered here and never again."""
    return api_keys.make_key(current_principal(), body.root), 201


@routes.delete("/api/auth/api-keys/<string:id>", permission=Permission.ACCOUNT, responses={204: None, **problems(404)})
def remove_key(path: KeyPath) -> Answer:
    """Removes one of one's own API keys, and those that it made."""
    api_keys.remove_key(current_principal(), path.id)
    return "", 204
