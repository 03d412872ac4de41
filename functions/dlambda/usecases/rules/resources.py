"""Keeps the resources of users: list, read, create, change, replace, remove (docs/contract/rules.md 1).

Everything in which one kind differs from another stands in its row of `domain.rules.resource`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dlambda.domain.events import event
from dlambda.domain.rules.body import read, read_change
from dlambda.domain.rules.resource import BuiltIn, Fields, Kind
from dlambda.errors import AlreadyExists, Invalid, NameInUse, NotFound, PreconditionFailed
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.rules import resources
from dlambda.store.rules.resources import Content, Document
from dlambda.usecases.events.publish import publish
from dlambda.usecases.rules.input_rules import input_rules

Check = Callable[[Fields], dict[str, Any]]
"""Answers what it corrects in the fields that were sent, or raises `Invalid`."""


def _no_check(_: Fields) -> dict[str, Any]:
    return {}


def list_documents(kind: Kind) -> list[Document]:
    """All of a kind in the order of its lists, built-in ones included."""
    return _with_built_in(kind, resources.list_(kind.feature))


def list_remembered(*kinds: Kind) -> list[list[Document]]:
    """Of each kind the same, from this process' memory while nobody has changed it: for kinds without notes."""
    lists = resources.remembered_lists([kind.feature for kind in kinds])
    return [_with_built_in(kind, lists[kind.feature]) for kind in kinds]


def _with_built_in(kind: Kind, documents: Sequence[Document]) -> list[Document]:
    built_in = [_as_document(kind, built_in_content) for built_in_content in kind.built_in]
    shadowed = {document.name_key for document in built_in}
    own = [document for document in documents if document.name_key not in shadowed]
    return sorted([*built_in, *own], key=lambda document: kind.order(document.shown))


def view(kind: Kind, document: Document, *, clear: bool = False) -> dict[str, Any]:
    """The object as clients get it; `clear` with its secrets, for the answer of its own GET alone."""
    times = {"created_at": _iso(document.created_at), "updated_at": _iso(document.updated_at)}
    # Masked once more: what an earlier release stored as shown may hold what is a secret by now.
    fields = document.clear() if clear else kind.masked(document.shown)
    return kind.view(document.id, fields, {**document.status, **times})


def get_document(kind: Kind, id_: int) -> Document:
    """Raises `NotFound`."""
    document = _find(kind, id_)
    if document is None:
        raise NotFound(kind.not_found.format(id=id_))
    return document


def find_by_name(kind: Kind, name: str) -> Document | None:
    """Built-in ones shadow the users' own."""
    key = kind.name_key(name)
    for built_in_content in kind.built_in:
        if kind.name_key(built_in_content.fields["name"]) == key:
            return _as_document(kind, built_in_content)
    return resources.find_by_name(kind.feature, key)


def create(kind: Kind, body: object, check: Check = _no_check) -> Document:
    """Raises `Invalid` (a body that does not fit, a name in use)."""
    fields = read(kind.model, _object(kind, body), text=kind.failed, rules=input_rules(), context={"complete": True})
    fields = kind.unmasked(fields | check(fields), {})
    try:
        _refuse_built_in_name(kind, fields)
        document = resources.add(kind.feature, _content(kind, fields), first_id=kind.first_id)
    except AlreadyExists:
        raise NameInUse(kind.name_taken.format(name=fields["name"])) from None
    _tell(kind, "create", document)
    return document


def change(
    kind: Kind, id_: int, body: object, *, whole: bool, if_match: int | None = None, check: Check = _no_check
) -> Document:
    """Changes what `body` has or, when it is `whole`, sets everything: what it leaves out goes back to its default.

    `if_match` is the version that the client knows. Raises `NotFound`, `Invalid`, `AlreadyExists`,
    `PreconditionFailed`; without `if_match` the last writer wins.
    """

    def attempt() -> Document:
        document = get_document(kind, id_)
        if document.id in {built_in_content.id for built_in_content in kind.built_in}:
            raise Invalid(kind.keep_built_in)
        _expect(document, if_match)
        fields = _change(kind, document.clear(), _object(kind, body), check, whole=whole)
        try:
            _refuse_built_in_name(kind, fields)
            return resources.replace(document, _content(kind, fields))
        except AlreadyExists:
            text = kind.name_taken.format(name=fields["name"])
            raise (AlreadyExists if kind.change_conflicts else NameInUse)(text) from None

    new_document = retry_conflicts(attempt)
    _tell(kind, "update", new_document)
    return new_document


def remove(kind: Kind, id_: int, *, if_match: int | None = None) -> Document:
    """Answers what went. Raises `NotFound`, `Invalid`, `PreconditionFailed`."""

    def attempt() -> Document:
        document = _find(kind, id_)
        if document is None:
            raise NotFound(kind.not_there.format(id=id_))
        if document.id in {built_in_content.id for built_in_content in kind.built_in}:
            raise Invalid(kind.spare_built_in)
        _expect(document, if_match)
        resources.remove(document)
        return document

    document = retry_conflicts(attempt)
    _tell(kind, "delete", document)
    return document


def _find(kind: Kind, id_: int) -> Document | None:
    built_in = next((built_in_content for built_in_content in kind.built_in if built_in_content.id == id_), None)
    return _as_document(kind, built_in) if built_in else resources.find(kind.feature, id_)


def _as_document(kind: Kind, built_in: BuiltIn) -> Document:
    key = kind.name_key(built_in.fields["name"])
    return Document(kind.feature, built_in.id, 1, key, built_in.fields, created_at=0.0, updated_at=0.0, status={})


def _change(
    kind: Kind, before: Mapping[str, Any], body: Mapping[str, Any], check: Check, *, whole: bool
) -> dict[str, Any]:
    if whole:
        fields = read(kind.model, body, text=kind.failed, rules=input_rules(), context={"complete": True})
    else:
        fields = read_change(kind.model, kind.merged(body, before), text=kind.failed, rules=input_rules())
    return {**before, **kind.unmasked(fields | check(fields), before)}


def _object(kind: Kind, body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Invalid(kind.no_object)
    return body


def _content(kind: Kind, fields: Mapping[str, Any]) -> Content:
    return Content(fields, kind.masked(fields), kind.name_key(fields["name"]))


def _refuse_built_in_name(kind: Kind, fields: Mapping[str, Any]) -> None:
    key = kind.name_key(fields["name"])
    if any(kind.name_key(built_in_content.fields["name"]) == key for built_in_content in kind.built_in):
        raise AlreadyExists(key)


def _expect(document: Document, if_match: int | None) -> None:
    if if_match is not None and if_match != document.version:
        raise PreconditionFailed("It was changed meanwhile.")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _tell(kind: Kind, action: str, document: Document) -> None:
    owner = event.EVERYONE if kind.shared else ""
    publish(event.config_update(kind.feature, action, view(kind, document), owner=owner))
