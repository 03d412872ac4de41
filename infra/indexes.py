"""Indexes that tables of a running stack gain or lose: CloudFormation changes one of a table in an update.

An update that brings new ones is led up to by others. They change the deployed template in nothing but its tables, so
that the functions that run do not notice, and the new version finds its indexes built. Those that it no longer asks are
removed after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from local.provision import key_attributes

Json = dict[str, Any]

_TABLE: Final = "AWS::DynamoDB::Table"
_INDEXES: Final = "GlobalSecondaryIndexes"


class ChangedIndexError(Exception):
    """An index that would be another one under the same name: it would have to go before it can come."""


def steps_before(deployed: Json, template: Json) -> Iterator[Json]:
    """The deployed template with the indexes that `template` adds to its tables, one more of each table at a time.

    Raises `ChangedIndexError`.
    """
    missing = {name: _lacking(old, new) for name, old, new in _tables_of_both(deployed, template)}
    for number in range(1, max(map(len, missing.values()), default=0) + 1):
        yield _with_more(deployed, {name: indexes[:number] for name, indexes in missing.items()}, template)


def steps_with(deployed: Json, template: Json) -> Iterator[Json]:
    """The template with the indexes that it drops, one fewer of each table at a time; at last the template itself."""
    dropped = {name: _lacking(new, old) for name, old, new in _tables_of_both(deployed, template)}
    for number in range(max(map(len, dropped.values()), default=0)):
        yield _with_more(template, {name: indexes[number:] for name, indexes in dropped.items()}, deployed)
    yield template


def _tables_of_both(deployed: Json, template: Json) -> Iterator[tuple[str, list[Json], list[Json]]]:
    """Logical id, indexes now and indexes to be."""
    for name, resource in template["Resources"].items():
        if resource["Type"] != _TABLE or name not in deployed["Resources"]:
            continue  # a new table gets all of its indexes with it
        old, new = (document["Resources"][name]["Properties"].get(_INDEXES, []) for document in (deployed, template))
        by_name = {index["IndexName"]: index for index in old}
        for index in new:
            if by_name.get(index["IndexName"], index) != index:
                text = f"The index {index['IndexName']} of {name} changes: give the new one another name."
                raise ChangedIndexError(text)
        yield name, old, new


def _lacking(indexes: list[Json], others: list[Json]) -> list[Json]:
    """The indexes of `others` that are not among `indexes`."""
    names = {index["IndexName"] for index in indexes}
    return [index for index in others if index["IndexName"] not in names]


def _with_more(document: Json, indexes: Mapping[str, list[Json]], other: Json) -> Json:
    """The document with more indexes of its tables, whose attributes `other` defines."""
    resources = dict(document["Resources"])
    for name, more in indexes.items():
        if more:
            properties = resources[name]["Properties"]
            all_indexes = [*properties.get(_INDEXES, []), *more]
            others = other["Resources"][name]["Properties"]["AttributeDefinitions"]
            definitions = (*others, *properties["AttributeDefinitions"])
            attributes = key_attributes(definitions, properties["KeySchema"], all_indexes)
            changed = properties | {_INDEXES: all_indexes, "AttributeDefinitions": attributes}
            resources[name] = {**resources[name], "Properties": changed}
    return {**document, "Resources": resources}
