"""`sam deploy` makes nothing that is open by oversight: infra/README.md."""

import pytest
from samtranslator.translator.transform import transform

from infra.parameters import defaults, problems
from local import template

DOCUMENT = template.load()
PARAMETERS = defaults()


def refusals(**values: str) -> list[str]:
    return list(problems(PARAMETERS | values))


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


LOGIN = {"AuthUsername": "u", "AuthPassword": "p"}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"DomainName": "dl.example"}, "DomainName needs OneAddress=true and CertificateArn"),
        ({"DomainName": "dl.example", "OneAddress": "true"}, "DomainName needs"),
        ({"MonthlyBudget": "20"}, "MonthlyBudget needs BudgetEmail"),
        ({"MaxWorkers": "many"}, "MaxWorkers='many': not a number"),
        ({"MaxWorkers": "1"}, "MaxWorkers='1': at least 2"),
        ({"TaskMaxWorkers": "1001"}, "TaskMaxWorkers='1001': at most 1000"),
        ({"OneAddress": "yes"}, "OneAddress='yes': one of true, false"),
        ({"AuthUsername": "a:b"}, "AuthUsername='a:b': a name without a colon"),
        ({"AlarmTopic": "alarms"}, "AlarmTopic='alarms': has not the form"),
        ({"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/x"}, "CertificateArn="),
        ({"Settings": "REMOVE_FILES=true"}, "Settings: DLAMBDA_SETTINGS: 'REMOVE_FILES=true' is no setting"),
        ({"Settings": "YTP_TZ=" + "x" * 2000}, "Settings="),
    ],
)
def test_a_value_that_cannot_work_is_refused_before_anything_is_built(values: dict[str, str], text: str) -> None:
    [refusal] = refusals(**LOGIN | values)
    assert refusal.startswith(text)


@pytest.mark.parametrize(
    "values",
    [
        {"OneAddress": "true", "DomainName": "d", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"},
        {"MonthlyBudget": "20", "BudgetEmail": "ops@example.org"},
        {"AlarmTopic": "arn:aws:sns:eu-west-1:123456789012:alarms"},
        {"Settings": "YTP_REMOVE_FILES=true; YTP_TZ=Europe/Berlin"},
        {"AuthPassword": "****"},  # as a stack tells it that has one
    ],
)
def test_values_that_work_are_taken(values: dict[str, str]) -> None:
    assert refusals(**LOGIN | values) == []


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
