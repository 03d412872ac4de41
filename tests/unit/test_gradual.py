"""Gradual deployments, as SAM translates them: infra/gradual.py."""

from typing import Any

import pytest
from samtranslator.translator.transform import transform

from infra.gradual import ALARMS, WAYS, with_alias
from infra.image_template import with_images
from local import template

WAY = "Canary10Percent5Minutes"


class ManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
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
        resources: dict[str, Any] = transform(document, {}, ManagedPolicies())["Resources"]
        return resources


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


def test_the_alarms_are_some_of_the_template() -> None:
    assert set(ALARMS) <= template.load()["Resources"].keys()
    assert len(WAYS) == len(set(WAYS))
