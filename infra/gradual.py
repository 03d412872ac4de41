"""Gradual deployments: a new version gets a part of the calls first, and goes when alarms go off meanwhile.

With `make deploy GRADUAL=Canary10Percent5Minutes` each function has the alias `live`, which the APIs, queues and the
schedule call, and CodeDeploy moves it. A deployment that meets one of `ALARMS` is rolled back, code and stack; these
are there in any case.

An alias points at a version, which is a copy of code and variables. SAM makes one when the code of a function is
another file, and overlooks a changed parameter or layer: so the release says by itself whether anything changed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

RELEASE: Final = "Release"
"""The parameter that a document with aliases has, which names what `release_of` tells."""
ALARMS: Final = ("ServerErrorAlarm", "InvocationAlarm", "ErrorAlarm", "RoundAlarm")
WAYS: Final = (
    "AllAtOnce",
    *(f"Canary10Percent{minutes}Minutes" for minutes in (5, 10, 15, 30)),
    *(f"Linear10PercentEvery{every}" for every in ("1Minute", "2Minutes", "3Minutes", "10Minutes")),
)
"""What CodeDeploy knows by itself."""
_CALLERS = ("AWS::ApiGatewayV2::Integration", "AWS::Lambda::Permission")
_FUNCTION = "AWS::Serverless::Function"
_COUNTED_IN_LOG = "AWS::Logs::MetricFilter"  # what two of the alarms look at
_ZIPS: Final = "*.zip"
_IMAGE: Final = "image"


def release_of(build: Path, values: Mapping[str, str]) -> str:
    """A name of what is deployed: another one for another template, code, package, tool, or value of a parameter.

    `build`: the folder that `make artifacts` fills. `values`: of the parameters; the last release does not count.
    """
    settings = sorted((name, value) for name, value in values.items() if name != RELEASE)
    digest = hashlib.sha256(json.dumps(settings).encode())
    image = build / _IMAGE
    for path in sorted((build / "template.json", *build.glob(_ZIPS), *image.rglob("*"))):
        if path.is_file():
            digest.update(f"{path.relative_to(build)} {path.stat().st_size}\n".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def with_alias(document: Json, way: str) -> Json:
    """The document whose functions are called by an alias that moves in this way (one of `WAYS`).

    A value of its parameter `Release` that was not there before makes a version of each function.
    """
    functions = {name for name, each in document["Resources"].items() if each["Type"] == _FUNCTION}
    alias = {
        "AutoPublishAlias": "live",
        "AutoPublishCodeSha256": {"Ref": RELEASE},
        "DeploymentPreference": {"Type": way, "Alarms": [{"Ref": alarm} for alarm in ALARMS]},
    }
    resources: Json = {}
    for name, resource in document["Resources"].items():
        if name in functions:
            resources[name] = {**resource, "Properties": resource["Properties"] | alias}
        elif resource["Type"] in _CALLERS:
            resources[name] = {**resource, "Properties": _by_alias(resource["Properties"], functions)}
        elif name in ALARMS or resource["Type"] == _COUNTED_IN_LOG:
            resources[name] = {key: value for key, value in resource.items() if key != "Condition"}
        else:
            resources[name] = resource
    shared = document["Globals"]["Function"]
    # A version is refused when nothing of its function differs from the one before.
    variables = shared["Environment"]["Variables"] | {"DLAMBDA_RELEASE": {"Ref": RELEASE}}
    parameter = {"Type": "String", "Default": "", "Description": "Chosen by `make deploy` for what is deployed"}
    return {
        **document,
        "Parameters": document["Parameters"] | {RELEASE: parameter},
        "Globals": {**document["Globals"], "Function": {**shared, "Environment": {"Variables": variables}}},
        "Resources": resources,
    }


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
            aliases = {f"{name}Alias": {"Ref": f"{name}.Alias"} for name in functions if f"${{{name}.Arn}}" in text}
            for name in functions:
                text = text.replace(f"${{{name}.Arn}}", f"${{{name}Alias}}")
            changed[key] = {"Fn::Sub": [text, aliases]}
    return changed
