"""Bodies and answers of `/api/auth/*` (docs/contract/accounts.md)."""

from typing import Any

from pydantic import ConfigDict, Field

from dlambda.entry.model import Model, Root
from dlambda.entry.query import Query, like


class User(Model):
    id: int = Field(description="0: the user of the settings, or everyone where no login is needed", examples=[1])
    username: str = Field(examples=["ann"])
    role: str = Field(description="`admin`, `member` or `guest`", examples=["member"])


class Provider(Model):
    label: str = Field(examples=["single sign-on"])
    url: str = Field(description="where signing in begins", examples=["/api/auth/oidc/login"])


class Status(Model):
    disabled: bool = Field(description="no login is needed")
    setup_required: bool = Field(description="nobody can sign in before the first account is made")
    setup_possible: bool = Field(description="`POST /api/auth/setup` would make the first account")
    authenticated: bool
    user: User | None
    oidc: Provider | None = Field(description="the provider that users may sign in at")


class UserAnswer(Model):
    user: User


class Me(UserAnswer):
    permissions: list[str] = Field(description="what routes may be used", examples=[["items:read"]])
    scopes: list[str] = Field(description="what a new API key may hold", examples=[["items:add", "get_video"]])


class Credentials(Model):
    username: str = Field(examples=["ann"])
    password: str = Field(examples=["correct horse battery staple"])


class CredentialsBody(Root[Any]):
    """Read by hand: its errors have texts of their own."""

    model_config = ConfigDict(json_schema_extra=like(Credentials))


class AccountChange(Model):
    current_password: str = Field(examples=["correct horse battery staple"])
    username: str | None = Field(None, examples=["anna"])
    password: str | None = Field(None, examples=["battery horse correct staple"])


class AccountChangeBody(Root[Any]):
    """Read by hand: its errors have texts of their own."""

    model_config = ConfigDict(json_schema_extra=like(AccountChange))


class SessionView(Model):
    id: int
    created_at: str = Field(examples=["2026-01-01 00:00:00"])
    expires_at: str = Field(examples=["2026-01-31 00:00:00"])
    user_agent: str
    ip: str = Field(examples=["192.0.2.10"])
    current: bool = Field(description="it is the one of this request")


class Sessions(Model):
    items: list[SessionView]


class SessionPath(Model):
    id: str = Field(description="a session's id")


class Ticket(Model):
    ticket: str = Field(description="for `/ws?ticket=`, once", examples=["ytp_ws_..."])
    expires_in: int = Field(description="seconds", examples=[30])


class NewKey(Model):
    name: str = Field(examples=["browser"])
    scopes: list[str] | None = Field(None, description="permissions of both APIs; null: all of the account")
    expires_at: str | float | None = Field(
        None, description="a date, or unix seconds; null: never", examples=["2027-01-31T00:00:00Z"]
    )
    quota_gb: float | None = Field(None, description="of what its tasks of the key API bring; null: the default")
    request_limit: int | None = Field(
        None, description="requests that add something, in `task_cleanup_time`; null: the default"
    )


class NewKeyBody(Root[Any]):
    """Read by hand: its errors have texts of their own."""

    model_config = ConfigDict(json_schema_extra=like(NewKey))


class KeyView(Model):
    id: int
    name: str = Field(examples=["browser"])
    prefix: str = Field(examples=["ytp_"])
    hint: str = Field(description="the end of its value", examples=["AbCd1234"])
    created_at: str = Field(examples=["2026-01-01 00:00:00"])
    last_used_at: str | None
    expires_at: str | None
    scopes: list[str] | None
    quota_bytes: int
    used_bytes: int
    request_limit: int | None


class KeyAnswer(KeyView):
    key: str = Field(description="its value, here and never again", examples=["ytp_..."])


class Keys(Model):
    items: list[KeyView]


class KeyPath(Model):
    id: str = Field(description="a key's id")


class AccountPath(Model):
    id: str = Field(description="an account's id")


class NewAccount(Credentials):
    role: str = Field("member", json_schema_extra={"enum": ["admin", "member", "guest"]})
    home: str | None = Field(None, description="folder below the files; default: `users/<username>`")


class NewAccountBody(Root[Any]):
    """Read by hand: its errors have texts of their own."""

    model_config = ConfigDict(json_schema_extra=like(NewAccount))


class AccountPatch(Model):
    username: str | None = None
    password: str | None = None
    role: str | None = None
    disabled: bool | None = None
    home: str | None = None


class AccountPatchBody(Root[Any]):
    """Read by hand: its errors have texts of their own."""

    model_config = ConfigDict(json_schema_extra=like(AccountPatch))


class AccountView(User):
    disabled: bool
    home: str = Field(description="folder below the files: that of a member or guest", examples=["users/ann"])
    created_at: float = Field(description="unix seconds")
    has_password: bool
    external: bool = Field(description="signs in at a provider or a proxy")


class Accounts(Model):
    items: list[AccountView]


class LoginQuery(Query):
    next: str | None = Field(None, description="path of this service to go to after signing in; default: its base path")


class CallbackQuery(Query):
    code: str | None = None
    state: str | None = None
    error: str | None = None
    error_description: str | None = None
