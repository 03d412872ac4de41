"""Examples that the fields of models declare: the framework's own schema has no place for them."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, RootModel

Json = dict[str, Any]


def add_declared_examples(schemas: Json, group: str) -> None:
    """Puts the examples of fields into the schemas of one endpoint group, which its models and the shared ones made."""
    models = {model.__name__: model for model in _models("dlambda.")} | {
        model.__name__: model for model in _models(f"endpoints.{group}.")
    }
    for name, schema in schemas.items():
        model = models.get(name) or models.get(name.removesuffix("Change"))
        for field_name, field in model.model_fields.items() if model else ():
            part = schema.get("properties", {}).get(field.alias or field_name)
            if part is not None and field.examples and "$ref" not in part:
                part["examples"] = field.examples


def _models(package: str, base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    """All models that modules of `package` define."""
    for model in base.__subclasses__():
        if model.__module__.startswith(package) and not issubclass(model, RootModel):
            yield model
        yield from _models(package, model)
