"""Parameters of a deployment, held against what `template.yaml` says of them: before anything is built."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from dlambda.environment import SettingsError, read_list
from local import template

Json = dict[str, Any]
Parameters = Mapping[str, str]

LOGIN_RULE: Final = "PasswordOrAllowOpen"


@cache
def _document() -> Json:
    return template.load()


def defaults() -> dict[str, str]:
    """Parameter -> its value when nobody names one."""
    return {name: str(parameter.get("Default", "")) for name, parameter in _document()["Parameters"].items()}


def problems(parameters: Parameters) -> Iterator[str]:
    """Reasons why CloudFormation, or a function at its start, would refuse them. `parameters`: all of the template."""
    document = _document()
    for name, value in parameters.items():
        if name in document["Parameters"] and (text := objection(name, value)):
            yield f"{name}={value!r}: {text}"
    yield from (text for rule in document["Rules"].values() for text in _refusals(rule, parameters))
    try:
        read_list(parameters.get("Settings", ""))
    except SettingsError as error:
        yield f"Settings: {error}"


def has_login(parameters: Parameters) -> bool:
    """True if users must sign in, or everyone may use it on purpose."""
    return not _refusals(_document()["Rules"][LOGIN_RULE], parameters)


def objection(name: str, value: str) -> str:
    """The reason why a parameter may not have this value; empty if it may."""
    definition = _document()["Parameters"][name]
    if "AllowedValues" in definition and value not in definition["AllowedValues"]:
        return f"one of {', '.join(definition['AllowedValues'])}"
    if "AllowedPattern" in definition and not re.fullmatch(definition["AllowedPattern"], value):
        return str(definition.get("ConstraintDescription", f"has not the form {definition['AllowedPattern']}"))
    if len(value) > definition.get("MaxLength", len(value)):
        return f"longer than {definition['MaxLength']} characters"
    if definition["Type"] != "Number":
        return ""
    try:
        number = float(value)
    except ValueError:
        return "not a number"
    if number < definition.get("MinValue", number):
        return f"at least {definition['MinValue']}"
    return f"at most {definition['MaxValue']}" if number > definition.get("MaxValue", number) else ""


def _refusals(rule: Json, parameters: Parameters) -> list[str]:
    """The texts of a rule's assertions that do not hold."""
    if not _value(rule.get("RuleCondition", True), parameters):
        return []
    assertions = rule["Assertions"]
    return [assertion["AssertDescription"] for assertion in assertions if not _value(assertion["Assert"], parameters)]


def _value(expression: Any, parameters: Parameters) -> Any:
    """The value that CloudFormation gives an expression of a rule."""
    if not isinstance(expression, dict):
        return expression
    [(function, argument)] = expression.items()
    if function == "Ref":
        return parameters[argument]
    operands = [_value(operand, parameters) for operand in argument]
    if function == "Fn::Equals":
        return str(operands[0]) == str(operands[1])
    return {"Fn::Not": not operands[0], "Fn::And": all(operands), "Fn::Or": any(operands)}[function]
