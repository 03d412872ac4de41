"""CloudFormation's transform `AWS::LanguageExtensions` of a template, as far as `template.yaml` uses it.

Loops become what they repeat, and what a loop's identifier decides is decided: keys, `Fn::Sub`, `Fn::FindInMap`, and
functions inside `Ref` and `Fn::GetAtt`. The result is a template for those who know no loops: the readers here, the SAM
translator, local engines of the cloud.
"""

from collections.abc import Iterator, Mapping
from typing import Any

TRANSFORM = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"

Json = dict[str, Any]


class TemplateError(ValueError):
    """The template says something that one machine cannot follow; the text names the resource or the loop."""


def expand(document: Json) -> Json:
    """The document without loops, maps and the transform.

    Raises `TemplateError` when a name is made twice, or a map lacks an entry or has one that nothing looks up.
    """
    expansion = _Expansion(document.get("Mappings", {}))
    expanded: Json = {key: expansion.of(value, {}) for key, value in document.items() if key != "Mappings"}
    expansion.check_that_all_entries_are_used()
    transforms = [name for name in _list(document.get("Transform", [])) if name != TRANSFORM]
    return {**expanded, "Transform": transforms[0] if len(transforms) == 1 else transforms}


class _Expansion:
    """`names`: the identifiers of the loops around a value, and what each stands for."""

    def __init__(self, maps: Mapping[str, Any]) -> None:
        self._maps = maps
        self._unused = {(name, key) for name, entries in maps.items() for key in entries}

    def check_that_all_entries_are_used(self) -> None:
        for name, key in sorted(self._unused):
            raise TemplateError(f"no loop makes anything of {key} in the map {name}")

    def of(self, value: Any, names: Mapping[str, str]) -> Any:
        if isinstance(value, list):
            return [self.of(item, names) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function in ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::FindInMap"):
                return self._call(function, argument, names)
            if function in ("Fn::Join", "Fn::Split"):
                return _join(function, self.of(argument, names))
        expanded: Json = {}
        for key, item in self._items(value, names):
            if key in expanded:
                raise TemplateError(f"{key} is in the template twice")
            expanded[key] = item
        return expanded

    def _items(self, fragment: Json, names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        for key, value in fragment.items():
            if not key.startswith(_LOOP):
                yield _replace(key, names), self.of(value, names)
                continue
            identifier, collection, repeated = value
            if not isinstance(collection, list):
                raise TemplateError(f"{key} does not list its names")
            for name in collection:
                yield from self._items(repeated, {**names, identifier: name})

    def _call(self, function: str, argument: Any, names: Mapping[str, str]) -> Any:
        value = self.of(argument, names)
        if function == "Ref":
            return names.get(value, {function: value})
        if function == "Fn::GetAtt":
            return {function: ".".join(value) if isinstance(value, list) else value}
        if function == "Fn::FindInMap":
            return self._look_up(*value)
        text, variables = (value, {}) if isinstance(value, str) else value
        replaced = _replace(text, {**names, **{key: _in_text(variable) for key, variable in variables.items()}})
        return {function: replaced} if "${" in replaced or replaced == text else replaced

    def _look_up(self, name: str, key: str, attribute: str) -> Any:
        self._unused.discard((name, key))
        try:
            return self._maps[name][key][attribute]
        except KeyError:
            raise TemplateError(f"the map {name} has no {attribute} of {key}") from None


def _join(function: str, argument: Any) -> Any:
    """Parts of a text, or a text of parts, as far as they are known."""
    mark, value = argument
    if function == "Fn::Split":
        return value.split(mark) if isinstance(value, str) else {function: argument}
    is_known = isinstance(value, list) and all(isinstance(part, str) for part in value)
    return mark.join(value) if is_known else {function: argument}


def _replace(text: str, names: Mapping[str, str]) -> str:
    for identifier, name in names.items():
        text = text.replace(f"${{{identifier}}}", name)
    return text


def _in_text(variable: Any) -> str:
    """A variable of `Fn::Sub` as it stands in the text itself."""
    return f"${{{variable['Ref']}}}" if isinstance(variable, dict) else str(variable)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
