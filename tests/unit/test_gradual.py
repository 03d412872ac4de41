"""Gradual deployments, as SAM translates them: infra/gradual.py."""

from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from infra.gradual import ALARMS, RELEASE, WAYS, release_of, with_alias
from infra.image_template import with_images
from local import template

WAY = "Canary10Percent5Minutes"


class ManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


def translate(release: str) -> dict[str, Any]:
    """The resources that CloudFormation gets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        document = with_alias(with_images(template.load(), has_adapter=False), WAY)
        for resource in document["Resources"].values():
            properties = resource.get("Properties", {})
            if "CodeUri" in properties:
                properties["CodeUri"] = "s3://code/functions.zip"
            if "ContentUri" in properties:
                properties["ContentUri"] = "s3://code/layer.zip"
            if properties.get("PackageType") == "Image":
                properties["ImageUri"] = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:tag"
        resources: dict[str, Any] = transform(document, {RELEASE: release}, ManagedPolicies())["Resources"]
        return resources


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
    return translate("a" * 64)


def of_type(translated: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: each for name, each in translated.items() if each["Type"] == kind}


def test_every_function_has_an_alias_that_moves_gradually(translated: dict[str, Any]) -> None:
    functions, aliases = (of_type(translated, f"AWS::Lambda::{kind}") for kind in ("Function", "Alias"))
    assert {each["Properties"]["FunctionName"]["Ref"] for each in aliases.values()} == set(functions)
    for alias in aliases.values():
        assert "CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"]
    for group in of_type(translated, "AWS::CodeDeploy::DeploymentGroup").values():
        properties = group["Properties"]
        assert WAY in str(properties["DeploymentConfigName"])
        assert [each["Name"]["Ref"] for each in properties["AlarmConfiguration"]["Alarms"]] == list(ALARMS)
        assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]


def test_what_takes_a_version_back_is_there_without_a_topic_for_alarms(translated: dict[str, Any]) -> None:
    counted_in_log = of_type(translated, "AWS::Logs::MetricFilter")
    assert len(counted_in_log) == 2
    for resource in (*(translated[name] for name in ALARMS), *counted_in_log.values()):
        assert "Condition" not in resource


def test_what_calls_a_function_calls_its_alias(translated: dict[str, Any]) -> None:
    aliases = set(of_type(translated, "AWS::Lambda::Alias"))
    for kind, key in (
        ("AWS::ApiGatewayV2::Integration", "IntegrationUri"),
        ("AWS::Lambda::EventSourceMapping", "FunctionName"),
    ):
        callers = of_type(translated, kind)
        assert callers
        for name, each in callers.items():
            assert any(alias in str(each["Properties"][key]) for alias in aliases), name
    for name, each in of_type(translated, "AWS::Lambda::Permission").items():
        assert any(alias in str(each["Properties"]["FunctionName"]) for alias in aliases), name


def test_the_schedule_calls_the_alias(translated: dict[str, Any]) -> None:
    [rule] = of_type(translated, "AWS::Events::Rule").values()
    [target] = rule["Properties"]["Targets"]
    assert target["Arn"] == {"Ref": "OnScheduleFunctionAliaslive"}


def test_another_release_makes_a_version_of_each_function_that_differs_from_the_last(
    translated: dict[str, Any],
) -> None:
    """Lambda refuses a version of a function in which nothing has changed."""
    versions, others = (set(of_type(each, "AWS::Lambda::Version")) for each in (translated, translate("b" * 64)))
    functions = of_type(translated, "AWS::Lambda::Function")
    assert len(versions) == len(others) == len(functions)
    assert not versions & others
    for function in functions.values():
        assert function["Properties"]["Environment"]["Variables"]["DLAMBDA_RELEASE"] == {"Ref": RELEASE}


def test_a_release_is_what_was_built_and_what_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "image" / "functions").mkdir(parents=True)
    files = [tmp_path / name for name in ("template.json", "ytdlp.zip", "image/functions/main.py")]
    for file in files:
        file.write_text("1")
    first = release_of(tmp_path, {"MaxWorkers": "5"})
    (tmp_path / "code").mkdir()
    assert release_of(tmp_path, {"MaxWorkers": "5", RELEASE: first}) == first
    releases = {first, release_of(tmp_path, {"MaxWorkers": "6"})}
    for file in files:
        file.write_text("2")
        releases.add(release_of(tmp_path, {"MaxWorkers": "5"}))
    assert len(releases) == 2 + len(files)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_goes_off_while_the_shortest_deployment_looks(name: str) -> None:
    alarm = template.load()["Resources"][name]["Properties"]
    points = alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    assert alarm["Period"] * points <= 180  # of five minutes; a metric is late by one or two


def test_no_way_is_listed_twice() -> None:
    assert len(WAYS) == len(set(WAYS))
