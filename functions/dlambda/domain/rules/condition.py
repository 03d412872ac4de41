"""Conditions: what becomes of an item whose metadata passes a filter (docs/contract/rules.md 3)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from dlambda.domain.rules.body import Body, Name, Priority, check_cli, dictionary, switch
from dlambda.domain.rules.filters import FilterError, compile_filter
from dlambda.domain.rules.preset import join_cli
from dlambda.domain.secrets.extra_secrets import mask_extras, unmask_extras
from dlambda.domain.ytdlp.option_secrets import mask_options, unmask_options

EVERYTHING = "*"


@dataclass(frozen=True)
class Condition:
    """A condition. A filter of `""` never matches."""

    name: str
    id: int = 0
    filter: str = ""
    cli: str = ""
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)  # may hold cookies
    enabled: bool = True
    priority: int = 0
    description: str = ""

    @property
    def order(self) -> tuple[int, str]:
        """Sort key, of lists and of the trial: priority descending, then name."""
        return (-self.priority, self.name)

    def is_named_by(self, names: Iterable[str]) -> bool:
        """True if a list of ids and names takes it out."""
        return any(name in (EVERYTHING, self.name, str(self.id)) for name in names)


class ConditionInput(Body):
    """The fields that a client may set. The context `{"complete": True}` (POST, PUT) asks for an effect too."""

    name: Name
    filter: str = Field("", examples=["duration > 3600"])
    cli: str = ""
    extras: Annotated[dict[str, Any], dictionary("Extras")] = Field(
        default_factory=dict, examples=[{"ignore_download": True}]
    )
    enabled: Annotated[bool, switch("Enabled")] = True
    priority: Priority = 0
    description: str = ""

    @field_validator("filter")
    @classmethod
    def _filter_can_be_read(cls, value: str) -> str:
        # Only what was sent is validated: a filter that is left out is stored as "" and never matches.
        try:
            compile_filter(value)
        except FilterError as error:
            raise ValueError(f"Invalid filter. '{error.message}'.") from None
        return value

    @field_validator("cli")
    @classmethod
    def _cli_is_a_command_line(cls, value: str, info: ValidationInfo) -> str:
        return check_cli(value, "Invalid command options for yt-dlp. '{}'.", info)

    @model_validator(mode="after")
    def _does_something(self, info: ValidationInfo) -> Self:
        if (info.context or {}).get("complete") and not self.cli and not self.extras:
            raise ValueError("Either cli or extras must be set.")
        return self


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with what is secret in them masked: cookies and their like in extras, and secrets in the options."""
    return {**fields, "cli": mask_options(fields["cli"]), "extras": mask_extras(fields["extras"])}


def unmasked(fields: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` as sent, each mask in them replaced by what is `previous`: the mask sent back means unchanged."""
    clear = dict(fields)
    if "cli" in clear:
        clear["cli"] = unmask_options(clear["cli"], previous.get("cli", ""))
    if "extras" in clear:
        clear["extras"] = unmask_extras(clear["extras"], previous.get("extras"))
    return clear


def read_ignored(value: object) -> tuple[str, ...]:
    """`extras.ignore_conditions` of an item: ids or names as texts, trimmed; booleans, blanks and all else dropped."""
    if not isinstance(value, list | tuple):
        return ()
    texts = (
        str(element).strip() for element in value if isinstance(element, str | int) and not isinstance(element, bool)
    )
    return tuple(text for text in texts if text)


def first_match(
    conditions: Iterable[Condition],
    info: Mapping[str, Any],
    *,
    ignored: Iterable[str] = (),
    on_broken: Callable[[Condition, FilterError], None],
) -> Condition | None:
    """The condition that acts on an item with the metadata `info`: the first enabled one whose filter is true.

    `on_broken` hears of each filter that cannot be read or answered; it is passed over, as an empty one is.
    """
    names = tuple(ignored)
    for condition in sorted(conditions, key=lambda candidate: candidate.order):
        if not condition.enabled or not condition.filter or condition.is_named_by(names):
            continue
        try:
            if compile_filter(condition.filter).matches(info):
                return condition
        except FilterError as error:
            on_broken(condition, error)
    return None


@dataclass(frozen=True)
class Effect:
    """The effect of a matched condition (rules.md 3.3). With `skip` nothing else of it counts."""

    condition: Condition = field(repr=False)
    skip: bool = False
    archive: bool = False
    preset: str | None = None
    cookies: str | None = field(default=None, repr=False)
    cli: str = ""


def effect_of(condition: Condition, *, item_cli: str) -> Effect:
    """The effect on an item with the options `item_cli`. `Effect.cli` holds its options afterwards."""
    extras = condition.extras
    if extras.get("ignore_download") is True:
        return Effect(condition, skip=True, archive=extras.get("no_archive") is not True)
    return Effect(
        condition,
        preset=_text(extras.get("set_preset")),
        cookies=_text(extras.get("set_cookies")),
        cli=join_cli(item_cli, condition.cli),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def ignored_text(title: str, condition: Condition, archive_file: str | None) -> str:
    """The message of the log event and of the history item."""
    archive_note = f" and added to archive file '{archive_file}'" if archive_file else ""
    return f"Ignoring download of '{title}' as per condition '{condition.name}'{archive_note}."


def switched_text(title: str, condition: Condition, old: str, new: str) -> str:
    return f"Switching preset from '{old}' to '{new}' for '{title}' as per condition '{condition.name}'."
