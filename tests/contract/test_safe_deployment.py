"""`sam deploy` makes nothing that is open by oversight: infra/README.md."""

from typing import TYPE_CHECKING, Any

import pytest
from samtranslator.translator.transform import transform

from local import template

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = template.load()
PARAMETERS = {name: str(each.get("Default", "")) for name, each in DOCUMENT["Parameters"].items()}


def value(expression: Any, parameters: dict[str, str]) -> Any:
    """What CloudFormation makes of an expression of a rule."""
    if not isinstance(expression, dict):
        return expression
    [(function, argument)] = expression.items()
    if function == "Ref":
        return parameters[argument]
    operands = [value(each, parameters) for each in argument]
    functions: dict[str, Callable[[], bool]] = {
        "Fn::Equals": lambda: operands[0] == operands[1], "Fn::Not": lambda: not operands[0], "Fn::And": lambda: all(operands),
            "Fn::Or": lambda: any(operands)}  # fmt: skip
    return functions[function]()


def refusals(**parameters: str) -> list[str]:
    given = PARAMETERS | parameters
    return [
        assertion["AssertDescription"]
        for rule in DOCUMENT["Rules"].values()
        if value(rule.get("RuleCondition", True), given)
        for assertion in rule["Assertions"]
        if not value(assertion["Assert"], given)
    ]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"AuthUsername": "u"}, {"AuthPassword": "p"}, {"AllowOpen": "false"}, {"AllowOpen": "false", "AuthPassword": "p"},
     {"WebAdapterLayer": "arn:aws:lambda:eu-west-1:1:layer:x:1"}],
)  # fmt: skip
def test_without_a_password_it_fails_with_a_clear_text(parameters: dict[str, str]) -> None:
    [text] = refusals(**parameters)
    assert "AuthPassword" in text
    assert "AllowOpen=true" in text


@pytest.mark.parametrize(
    "parameters",
    [{"AuthUsername": "u", "AuthPassword": "p"}, {"AllowOpen": "true"}, {"AllowOpen": "true", "AuthUsername": "u"}],
)
def test_with_one_or_the_explicit_word_it_goes_on(parameters: dict[str, str]) -> None:
    assert refusals(**parameters) == []


def test_the_rule_survives_the_translation(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sam deploy` hands CloudFormation what the translator makes of the template."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    document = template.load()
    document["Globals"]["Function"]["CodeUri"] = "s3://code/functions.zip"
    for name in ("FfmpegLayer", "PackagesLayer", "YtdlpLayer"):
        document["Resources"][name]["Properties"]["ContentUri"] = "s3://code/layer.zip"

    class ManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    assert transform(document, {}, ManagedPolicies())["Rules"] == DOCUMENT["Rules"]


def test_the_functions_know_what_was_said() -> None:
    variables = DOCUMENT["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["YTP_ALLOW_OPEN"] == {"Ref": "AllowOpen"}
    assert "CorsOrigins" in str(variables["YTP_CORS_ORIGINS"])
    for each in DOCUMENT["Resources"].values():
        own = each.get("Properties", {}).get("Environment", {}).get("Variables", {})
        assert not own.keys() & {"YTP_ALLOW_OPEN", "YTP_AUTH_USERNAME", "YTP_AUTH_PASSWORD", "YTP_CORS_ORIGINS"}


def test_both_apis_are_throttled() -> None:
    stages = [
        each["Properties"] for each in DOCUMENT["Resources"].values() if each["Type"] == "AWS::ApiGatewayV2::Stage"
    ]
    assert len(stages) == 2
    for stage in stages:
        settings = stage["DefaultRouteSettings"]
        assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
        assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}
    assert 0 < float(PARAMETERS["ThrottlingRate"]) <= float(PARAMETERS["ThrottlingBurst"])


def test_what_streams_believes_its_adapter_alone() -> None:
    for each in DOCUMENT["Resources"].values():
        if "FunctionUrlConfig" in each.get("Properties", {}):
            assert each["Properties"]["Environment"]["Variables"]["YTP_TRUSTED_PROXIES"] == "127.0.0.0/8"


def test_one_address_leads_to_both_apis_and_is_trusted_by_them() -> None:
    distribution = DOCUMENT["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    origins = {each["Id"]: each["DomainName"]["Fn::Sub"].partition(".")[0] for each in distribution["Origins"]}
    assert origins == {"http": "${HttpApi}", "sockets": "${SocketApi}"}
    [sockets] = distribution["CacheBehaviors"]
    assert (sockets["PathPattern"], sockets["TargetOriginId"]) == ("/ws", "sockets")
    assert distribution["DefaultCacheBehavior"]["TargetOriginId"] == "http"
    stages = [
        each["Properties"]["StageName"] for each in DOCUMENT["Resources"].values() if each["Type"].endswith("V2::Stage")
    ]
    assert "ws" in stages  # a path of the distribution is a stage of the API
    origins_of_pages = str(DOCUMENT["Globals"]["Function"]["Environment"]["Variables"]["YTP_CORS_ORIGINS"])
    assert "https://${DomainName}" in origins_of_pages
    assert "https://${Distribution.DomainName}" in origins_of_pages
