"""The kinds of resources that users keep: one row each, with all in which they differ (docs/contract/rules.md 1).

A new kind is a model, a row here, and a folder with a route file that names the row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dlambda.domain.rules import condition, field, notification, preset
from dlambda.domain.rules.body import Body

Fields = Mapping[str, Any]
View = Callable[[int, Fields, Fields], dict[str, Any]]


def _plain_view(id_: int, fields: Fields, _: Fields) -> dict[str, Any]:
    return {"id": id_, **fields}


def _same_fields(fields: Fields, *_: Fields) -> dict[str, Any]:
    return dict(fields)


@dataclass(frozen=True)
class BuiltIn:
    """A resource that is data of the service: it can be read, and nothing else."""

    id: int
    fields: Fields


@dataclass(frozen=True)
class Kind:
    """A kind of resource, for the shared code. `{id}` and `{name}` in texts are filled in."""

    feature: str  # in config_update; also where the documents lie
    model: type[Body]
    order: Callable[[Fields], Any]  # sort key of lists
    failed: str  # a body does not fit the model
    name_taken: str
    not_found: str  # GET, PATCH, PUT
    not_there: str  # DELETE
    no_object: str = "Invalid request body expecting dict."
    change_conflicts: bool = True  # a name in use on PATCH and PUT: 409, else 400; on POST always 400
    name_key: Callable[[str], str] = str
    """The form of a name that uniqueness and look-up go by."""
    masked: Callable[[Fields], dict[str, Any]] = _same_fields
    unmasked: Callable[[Fields, Fields], dict[str, Any]] = _same_fields
    """(what was sent, what is known): masks in what was sent mean unchanged."""
    merged: Callable[[Fields, Fields], dict[str, Any]] = _same_fields
    """(body of a PATCH, what is known): for objects of which a part may be sent."""
    view: View = _plain_view
    """(id, fields, what the service notes of it): the object as clients get it."""
    built_in: Sequence[BuiltIn] = ()
    keep_built_in: str = ""
    spare_built_in: str = ""
    first_id: int = 1
    shared: bool = True
    """Members may read them, and hear of their changes; else admins alone do."""


def _preset_view(id_: int, fields: Fields, _: Fields) -> dict[str, Any]:
    default = id_ < preset.FIRST_OWN_ID
    return {"id": id_, **fields, "has_cookies": bool(fields["cookies"]), "default": default}


def _target_view(id_: int, fields: Fields, status: Fields) -> dict[str, Any]:
    public_fields = {name: value for name, value in fields.items() if name != "secret"}
    return {
        "id": id_,
        **public_fields,
        "has_secret": bool(fields["secret"]),
        "last_delivery": status.get("last_delivery"),
    }


def _built_in(system: preset.Preset) -> BuiltIn:
    fields = asdict(system)
    return BuiltIn(system.id, {name: fields[name] for name in preset.PresetInput.model_fields})


PRESETS: Final = Kind(
    feature="presets",
    model=preset.PresetInput,
    order=lambda fields: (-fields["priority"], preset.normalise_name(fields["name"])),
    failed="Failed to validate preset.",
    name_taken="Preset with name '{name}' already exists.",
    not_found="Preset not found",
    not_there="Preset not found",
    name_key=preset.normalise_name,
    masked=preset.masked,
    unmasked=preset.unmasked,
    view=_preset_view,
    built_in=tuple(_built_in(system) for system in preset.SYSTEM_PRESETS),
    keep_built_in="Default presets cannot be modified.",
    spare_built_in="Default presets cannot be deleted.",
    first_id=preset.FIRST_OWN_ID,
)
CONDITIONS: Final = Kind(
    feature="conditions",
    model=condition.ConditionInput,
    order=lambda fields: (-fields["priority"], fields["name"]),
    failed="Failed to validate condition.",
    name_taken="Condition with name '{name}' already exists.",
    not_found="Condition not found",
    not_there="Condition '{id}' not found.",
    no_object="Invalid request body expecting list with dicts.",
    masked=condition.masked,
    unmasked=condition.unmasked,
)
DL_FIELDS: Final = Kind(
    feature="dl_fields",
    model=field.DownloadFieldInput,
    order=lambda fields: (fields["order"], fields["name"]),
    failed="Failed to validate dl field.",
    name_taken="DL field with name '{name}' already exists.",
    not_found="DL field not found",
    not_there="DL field '{id}' not found.",
)
NOTIFICATIONS: Final = Kind(
    feature=notification.FEATURE,
    model=notification.TargetInput,
    order=lambda fields: fields["name"],
    failed="Failed to validate notification.",
    name_taken="Notification target with name '{name}' already exists.",
    not_found="Notification not found",
    not_there="Notification target '{id}' not found.",
    change_conflicts=False,
    masked=notification.masked,
    unmasked=notification.unmasked,
    merged=notification.merged,
    view=_target_view,
    shared=False,
)
