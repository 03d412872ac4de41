"""Gradual deployments: a new version gets a part of the calls first, and goes when alarms go off meanwhile.

With `make deploy GRADUAL=Canary10Percent5Minutes` each function has the alias `live`, which the APIs, queues and the
schedule call, and CodeDeploy moves it. A deployment that meets one of `ALARMS` is rolled back, code and stack.
"""

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]

ALARMS: Final = ("ServerErrorAlarm", "InvocationAlarm", "ErrorAlarm", "RoundAlarm")
WAYS: Final = (
    "AllAtOnce",
    *(f"Canary10Percent{minutes}Minutes" for minutes in (5, 10, 15, 30)),
    *(f"Linear10PercentEvery{every}" for every in ("1Minute", "2Minutes", "3Minutes", "10Minutes")),
)
"""What CodeDeploy knows by itself."""
_CALLERS = ("AWS::ApiGatewayV2::Integration", "AWS::Lambda::Permission")
_FUNCTION = "AWS::Serverless::Function"


def with_alias(document: Json, way: str) -> Json:
    """The document whose functions are called by an alias that moves in this way (one of `WAYS`)."""
    functions = {name for name, each in document["Resources"].items() if each["Type"] == _FUNCTION}
    preference = {"Type": way, "Alarms": [{"Ref": alarm} for alarm in ALARMS]}
    resources: Json = {}
    for name, resource in document["Resources"].items():
        if name in functions:
            properties = resource["Properties"] | {"AutoPublishAlias": "live", "DeploymentPreference": preference}
            resources[name] = {**resource, "Properties": properties}
        elif resource["Type"] in _CALLERS:
            resources[name] = {**resource, "Properties": _by_alias(resource["Properties"], functions)}
        else:
            resources[name] = resource
    return {**document, "Resources": resources}


def _by_alias(properties: Mapping[str, Any], functions: set[str]) -> Json:
    """The same, with the alias of each function in place of the function: SAM knows `HistoryFunction.Alias`."""
    changed = dict(properties)
    for key in ("IntegrationUri", "FunctionName"):
        value = changed.get(key, {})
        target = str(value.get("Ref") or value.get("Fn::GetAtt", "")).partition(".")[0]
        if target in functions:
            changed[key] = {"Ref": f"{target}.Alias"}
        elif "Fn::Sub" in value:
            text = value["Fn::Sub"]
            for name in functions:
                text = text.replace(f"${{{name}.Arn}}", f"${{{name}.Alias}}")
            changed[key] = {"Fn::Sub": text}
    return changed
