"""Notification targets: who hears of which event, and what is sent to them (docs/contract/rules.md 6)."""

import base64
import binascii
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from dlambda.domain.events.event import Event
from dlambda.domain.events.event import Name as EventName
from dlambda.domain.rules.body import Body, Name, switch
from dlambda.domain.rules.preset import normalise_name
from dlambda.domain.rules.service_url import check_service_url
from dlambda.domain.rules.target_address import mask_target, unmask_target, without_target
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import Invalid

PRODUCT: Final = "dlambda"
FEATURE: Final = "notifications"
EVENTS: Final = (
    "test",
    "item_added",
    "item_completed",
    "item_cancelled",
    "item_deleted",
    "item_bulk_deleted",
    "item_paused",
    "item_resumed",
    "item_moved",
    "paused",
    "resumed",
    "log_info",
    "log_success",
    "log_warning",
    "log_error",
    "task_dispatched",
)


@dataclass(frozen=True)
class Call:
    """How a target is reached. `headers` and, for some services, `url` hold secrets."""

    url: str = field(repr=False)
    type: Literal["json", "form"] = "json"
    method: Literal["POST", "PUT"] = "POST"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    data_key: str = "data"

    @property
    def is_webhook(self) -> bool:
        """Else it is the URL of a service that Apprise knows: `mailto://...`, `tgram://...`."""
        return self.url.lower().startswith("http")


@dataclass(frozen=True)
class Target:
    """A notification target. Empty `on` and `presets` mean all."""

    id: int
    name: str
    call: Call
    on: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    enabled: bool = True
    secret: str = field(default="", repr=False)

    @classmethod
    def from_fields(cls, id_: int, fields: Mapping[str, Any]) -> "Target":
        """From what `TargetInput` reads."""
        request = fields["request"]
        headers = tuple((header["key"], header["value"]) for header in request["headers"])
        call = Call(request["url"], request["type"], request["method"], headers, request["data_key"])
        on, presets = tuple(fields["on"]), tuple(fields["presets"])
        return cls(id_, fields["name"], call, on, presets, fields["enabled"], fields["secret"])

    def wants(self, event: Event) -> bool:
        """6.3, who: `test` goes to every enabled target."""
        if not self.enabled:
            return False
        if event.name is EventName.TEST:
            return True
        if event.name.value not in EVENTS or (self.on and event.name.value not in self.on):
            return False
        return not self.presets or _preset_of(event) in {normalise_name(name) for name in self.presets}


def _preset_of(event: Event) -> str | None:
    """The preset that the event's data names."""
    preset = event.data.get("preset")
    return normalise_name(preset) if isinstance(preset, str) and preset else None


def wanted_by(targets: Iterable[Target], event: Event) -> list[Target]:
    return [target for target in targets if target.wants(event)]


# What a client sends


def _texts(value: object) -> object:
    """A single text is a list of one; blanks are dropped."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        return [element for element in value if not isinstance(element, str) or element.strip()]
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_texts)]


class HeaderInput(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    key: Annotated[str, Field(min_length=1, pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    # What RFC 9110 5.5 allows; beyond ASCII it is sent as UTF-8.
    value: Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]+$")]


class CallInput(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    type: Annotated[Literal["json", "form"], BeforeValidator(_lower)] = "json"
    method: Annotated[Literal["POST", "PUT"], BeforeValidator(_upper)] = "POST"
    url: Annotated[str, Field(min_length=1)]
    headers: list[HeaderInput] = Field(default_factory=list)
    data_key: Annotated[str, Field(min_length=1)] = "data"

    @field_validator("url")
    @classmethod
    def _url_has_a_scheme(cls, value: str) -> str:
        if value.lower().startswith("http"):
            try:
                check_web_address(value)
            except Invalid as error:
                raise ValueError(error.message) from None
        elif "://" not in value:
            raise ValueError("URL must begin with http://, https:// or the scheme of a notification service.")
        else:
            try:
                check_service_url(value)
            except Invalid as error:
                raise ValueError(error.message) from None
        return value


_EVENT: Final[JsonDict] = {"type": "string", "pattern": f"^({'|'.join(EVENTS)})$"}


class TargetInput(Body):
    name: Name
    on: Texts = Field(default_factory=list, json_schema_extra={"items": _EVENT}, examples=[["item_completed"]])
    presets: Texts = Field(default_factory=list)
    enabled: Annotated[bool, switch("Enabled")] = True
    request: CallInput
    secret: str = ""

    @field_validator("secret")
    @classmethod
    def _secret_can_sign(cls, value: str) -> str:
        if value == MASK:
            return value
        try:
            if value and not base64.b64decode(value.removeprefix("whsec_"), validate=True):
                raise ValueError
        except (binascii.Error, ValueError):
            raise ValueError("Secret must be base64, with or without 'whsec_' before it.") from None
        return value


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with the signing secret, the values of headers, and what is secret in the URL masked."""
    request = fields["request"]
    headers = [{**header, "value": MASK} for header in request["headers"]]
    call = {**request, "headers": headers, "url": mask_target(request["url"])}
    return {**fields, "request": call, "secret": MASK if fields["secret"] else ""}


def unmasked(fields: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` as sent, each mask in them replaced by what is `previous`: the mask sent back means unchanged.

    Raises `Invalid` for a masked header or URL of which nothing is known: nobody wants the mask itself to be sent.
    """
    clear = dict(fields)
    if clear.get("secret") == MASK:
        clear["secret"] = previous.get("secret", "")
    if "request" in clear:
        call = previous.get("request", {})
        values = {header["key"].lower(): header["value"] for header in call.get("headers", ())}
        headers = [_with_value(header, values) for header in clear["request"]["headers"]]
        url = unmask_target(clear["request"]["url"], call.get("url", ""))
        clear["request"] = {**clear["request"], "headers": headers, "url": url}
    return clear


def _with_value(header: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
    if header["value"] != MASK:
        return header
    if header["key"].lower() not in values:
        raise Invalid(f"Invalid notification target. The value of header '{header['key']}' is masked.")
    return {**header, "value": values[header["key"].lower()]}


def without_secrets(text: str, target: Target) -> str:
    """`text`, as an error of a delivery, without what is secret in the target."""
    for secret in sorted([value for _, value in target.call.headers] + [target.secret], key=len, reverse=True):
        text = text.replace(secret, MASK) if len(secret) > 3 else text
    return without_target(text, target.call.url)


def merged(body: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a PATCH with the rest of the known `request` filled in: any part of it may be sent (6.1)."""
    request = body.get("request")
    return {**body, "request": {**previous["request"], **request}} if isinstance(request, dict) else dict(body)


def known_names(fields: Mapping[str, Any], presets: Collection[str]) -> dict[str, Any]:
    """`on` and `presets` of `fields`, as far as it has them, without unknown names.

    Raises `Invalid` when a list has names and knows none of them (6.1). `presets`: normalised names of all presets.
    """
    names_of: dict[str, Any] = {}
    if "on" in fields:
        names_of["on"] = _keep_known(fields["on"], "events", lambda name: name in EVENTS)
    if "presets" in fields:
        names_of["presets"] = _keep_known(fields["presets"], "presets", lambda name: normalise_name(name) in presets)
    return names_of


def _keep_known(names: list[str], noun: str, is_known: Any) -> list[str]:
    valid_names = [name for name in dict.fromkeys(names) if is_known(name)]
    if names and not valid_names:
        raise Invalid(f"Invalid notification target. Invalid {noun} '{', '.join(names)}' found.")
    return valid_names
