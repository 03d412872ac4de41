"""The task definitions as values, for those that match and run them. Kept like the other resources."""

from dlambda.domain.tasks.definition import DEFINITIONS, Definition
from dlambda.errors import ValidationFailed
from dlambda.store.rules.resources import Document
from dlambda.usecases.rules import resources

PATCH_FAILED = "Failed to validate task definition patch."


def list_definitions() -> list[Definition]:
    """All, by priority, then name."""
    return [_definition(document) for document in resources.list_documents(DEFINITIONS)]


def get_definition(id_: int) -> Definition:
    """Raises `NotFound`."""
    return _definition(resources.get_document(DEFINITIONS, id_))


def patch(id_: int, body: object, if_match: int | None = None) -> Document:
    """Changes what is sent; `definition` as a whole. Its failure has a text of its own."""
    try:
        return resources.change(DEFINITIONS, id_, body, whole=False, if_match=if_match)
    except ValidationFailed as error:
        if error.message != DEFINITIONS.failed:
            raise
        raise ValidationFailed(PATCH_FAILED, error.extra["detail"]) from None


def _definition(document: Document) -> Definition:
    fields = document.shown
    other_fields = {name: value for name, value in fields.items() if name != "match_url"}
    return Definition(id=document.id, match_url=tuple(fields["match_url"]), **other_fields)
