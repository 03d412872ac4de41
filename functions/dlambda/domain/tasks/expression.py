"""Expressions that users write into task definitions: what can be read at all (docs/contract/tasks.md 7.3).

An expression is translated and compiled here, never run: that takes a process of its own (media/handlers/expressions).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dlambda.domain.rules.pattern import MULTI_LINE_DOT_ALL, compile_pattern
from dlambda.errors import Invalid

_LITERAL: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_CALL: Final = re.compile(r"([\w.-]+(?::[\w.-]+)?)\s*\(")
_PREFIX: Final = re.compile(r"(?<![\w.:-])([A-Za-z_][\w.-]*):(?!:)[\w*]")
_VARIABLE: Final = re.compile(r"\$[\w.-]+")
_WORDS: Final = re.compile(r"\S+")
_FUNCTIONS: Final = frozenset(
    _WORDS.findall(
        "last position count id local-name namespace-uri name string concat starts-with contains substring-before "
        "substring-after substring string-length normalize-space translate boolean not true false lang number sum "
        "floor ceiling round has-class"
    )
)
_NO_FUNCTIONS: Final = frozenset(("and", "or", "div", "mod", "text", "node", "comment", "processing-instruction"))
_PREFIXES: Final = frozenset(("re", "set"))  # those of EXSLT that parsel declares


def check_expression(kind: str, text: str) -> None:
    """Raises `Invalid` with the reason when no page could make `text` find anything: it cannot be read."""
    checks = {"css": _check_css, "xpath": _check_xpath, "jsonpath": _check_json_path, "regex": _check_pattern}
    try:
        checks[kind](text)
    except RecursionError:
        raise Invalid("it is nested too deeply") from None


def as_jmespath(text: str) -> str:
    """`$.a[*]` of JSONPath as JMESPath, which is what runs; its root is written `@` there."""
    text = text.strip()
    return "@" + text[1:] if text.startswith("$") else text


# What reads an expression is loaded by the first one: lists of definitions need none of it, and lxml is 2 MB.


def _check_css(text: str) -> None:
    from cssselect import SelectorError
    from parsel.csstranslator import HTMLTranslator

    try:
        path = HTMLTranslator().css_to_xpath(text)
    except SelectorError as error:
        raise Invalid(str(error)) from None
    _check_xpath_syntax(path)


def _check_xpath(text: str) -> None:
    _check_xpath_syntax(text)
    for name in _unknown_names(_LITERAL.sub("''", text)):
        raise Invalid(f"{name} is not known here")


def _check_xpath_syntax(path: str) -> None:
    import lxml.etree

    try:
        lxml.etree.XPath(path)
    except (lxml.etree.XPathError, ValueError) as error:
        raise Invalid(str(error)) from None


def _unknown_names(path: str) -> Iterator[str]:
    """Functions, prefixes and variables that nobody defines; libxml2 tells only when it runs."""
    for prefix in _PREFIX.findall(path):
        if prefix not in _PREFIXES:
            yield f"the prefix '{prefix}:'"
    for name in _CALL.findall(path):
        if ":" not in name and name not in _FUNCTIONS | _NO_FUNCTIONS:
            yield f"the function '{name}()'"
    for name in _VARIABLE.findall(path):
        yield f"the variable '{name}'"


def _check_pattern(text: str) -> None:
    compile_pattern(text, MULTI_LINE_DOT_ALL)


def _check_json_path(text: str) -> None:
    import jmespath
    from jmespath.exceptions import JMESPathError
    from jmespath.functions import Functions

    try:
        tree = jmespath.compile(as_jmespath(text)).parsed
    except (JMESPathError, ValueError) as error:
        hint = " JMESPath is read here, and of JSONPath what it shares with it." if text.startswith("$") else ""
        raise Invalid(f"{str(error).splitlines()[0].rstrip(':')}.{hint}") from None
    for name in _called_names(tree):
        if name not in Functions.FUNCTION_TABLE:
            raise Invalid(f"the function '{name}()' is not known here")


def _called_names(tree: object) -> Iterator[str]:
    if not isinstance(tree, Mapping):  # a number of a slice
        return
    if tree["type"] == "function_expression":
        yield tree["value"]
    for child in tree["children"]:
        yield from _called_names(child)
