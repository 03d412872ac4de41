"""Secrets in the free `extras` of items and conditions: members whose names tell of one (contract README, Secrets)."""

from collections.abc import Mapping
from typing import Any

from dlambda.domain.secrets.mask import MASK, is_secret_name


def mask_extras(extras: Mapping[str, Any]) -> dict[str, Any]:
    """`extras` with such members masked, at every depth; empty ones, numbers and switches stay."""
    return {name: _mask(name, value) for name, value in extras.items()}


def unmask_extras(extras: Mapping[str, Any], previous: object) -> dict[str, Any]:
    """`extras` with each mask replaced by what `previous` has in its place, or by an empty text."""
    before = previous if isinstance(previous, Mapping) else {}
    return {name: _unmask(name, value, before.get(name)) for name, value in extras.items()}


def _mask(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return MASK if value and is_secret_name(name) else value
    if isinstance(value, Mapping):
        return mask_extras(value)
    if isinstance(value, list | tuple):
        return [_mask(name, inner) for inner in value]
    return value


def _unmask(name: str, value: Any, previous: Any) -> Any:
    if isinstance(value, str):
        is_mask = value == MASK and is_secret_name(name)
        return (previous if isinstance(previous, str) else "") if is_mask else value
    if isinstance(value, Mapping):
        return unmask_extras(value, previous)
    if isinstance(value, list | tuple):
        before = previous if isinstance(previous, list | tuple) else ()
        return [_unmask(name, inner, before[at] if at < len(before) else None) for at, inner in enumerate(value)]
    return value
