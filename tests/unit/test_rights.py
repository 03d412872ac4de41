"""Least privilege, both ways, and the roles that functions get: tests/functions/permissions.py, usage.py."""

from typing import Any

import pytest

from infra.roles import with_roles
from local import template
from tests.functions.rights import Rights
from tests.functions.usage import unused

READS, WRITES = ("a", "dynamodb:GetItem", "notes"), ("a", "dynamodb:PutItem", "notes")


def small(actions: list[str]) -> Rights:
    """The rights of a template with one table, and one function that may do these things with it."""
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Sub": "${AWS::StackName}-notes"}}}
    statement = {"Effect": "Allow", "Action": actions, "Resource": {"Fn::GetAtt": "NotesTable.Arn"}}
    properties = {"Handler": "endpoints.a.main.lambda_handler", "Policies": [{"Statement": [statement]}]}
    function = {"Type": "AWS::Serverless::Function", "Properties": properties}
    return Rights({"Resources": {"NotesTable": table, "AFunction": function}})


def missing(calls: set[tuple[str, str, str]], rights: Rights) -> set[str]:
    return {action for module, action, resource in calls if not rights.allow(module, (action, resource))}


@pytest.mark.parametrize(
    ("actions", "lacks", "too_much"),
    [
        (["dynamodb:GetItem", "dynamodb:PutItem"], set(), []),
        (["dynamodb:GetItem"], {"dynamodb:PutItem"}, []),
        (["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"], set(), ["a dynamodb:DeleteItem notes"]),
    ],
)
def test_a_right_that_lacks_is_seen_and_one_too_many_as_well(
    actions: list[str], lacks: set[str], too_much: list[str]
) -> None:
    rights = small(actions)
    assert missing({READS, WRITES}, rights) == lacks
    assert unused({READS, WRITES}, rights) == too_much


DOCUMENT = with_roles(template.load())
FUNCTIONS = {name: each for name, each in DOCUMENT["Resources"].items() if each["Type"] == "AWS::Serverless::Function"}


def statements(name: str) -> list[dict[str, Any]]:
    role = DOCUMENT["Resources"][FUNCTIONS[name]["Properties"]["Role"]["Fn::GetAtt"].removesuffix(".Arn")]
    [policy] = role["Properties"]["Policies"]
    managed = (DOCUMENT["Resources"][each["Ref"]] for each in role["Properties"]["ManagedPolicyArns"])
    shared = [each for policy in managed for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    listed: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return [each for each in [*listed, *shared] if "Fn::If" not in each]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_role_ends_at_the_stack(name: str) -> None:
    """SAM's own policies, which name every log and queue, are added to functions without a role alone."""
    assert "Policies" not in FUNCTIONS[name]["Properties"]
    for statement in statements(name):
        assert "*" not in str(statement["Action"])
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            assert isinstance(resource, dict), statement
            assert (
                "${AWS::StackName}" in str(resource)
                or not str(resource).startswith("{'Fn::Sub': 'arn:")
                or ("${SocketApi}" in str(resource))
            )


def test_a_function_receives_from_its_own_queues_alone() -> None:
    received = {
        name: str([each["Resource"] for each in statements(name) if "sqs:ReceiveMessage" in each["Action"]])
        for name in FUNCTIONS
    }
    assert received["OnDownloadFunction"] == str([[{"Fn::GetAtt": "DownloadQueue.Arn"}]])
    assert received["HistoryFunction"] == "[]"
    assert "IntakeQueue" in received["OnIntakeFunction"]


def test_only_traces_are_sent_to_everywhere() -> None:
    [policy] = DOCUMENT["Resources"]["HistoryRole"]["Properties"]["Policies"]
    [traces] = [each["Fn::If"] for each in policy["PolicyDocument"]["Statement"] if "Fn::If" in each]
    assert (traces[0], traces[1]["Resource"], traces[2]) == ("IsTraced", "*", {"Ref": "AWS::NoValue"})
    assert all(action.startswith("xray:Put") for action in traces[1]["Action"])
