"""Dataclasses as JSON objects and back: messages between functions, and between a worker process and its parent."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from dlambda.errors import Invalid

T = TypeVar("T")


def to_fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass as values that JSON has; those at their default are left out."""
    adapter = _adapter(value.__class__)
    fields: dict[str, Any] = adapter.dump_python(value, exclude_defaults=True)
    return fields


def from_fields(kind: type[T], fields: Mapping[str, Any]) -> T:
    """The dataclass that the fields stand for. Unknown fields are ignored.

    Raises `Invalid` naming the fields that are missing or have a wrong type.
    """
    adapter: TypeAdapter[T] = _adapter(kind)  # type: ignore[arg-type]  # every class is hashable
    try:
        return adapter.validate_python(fields)
    except ValidationError as error:
        problems = ", ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise Invalid(f"no {kind.__name__}: {problems}") from None


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
