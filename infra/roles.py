"""A role of its own for each function, with what `template.yaml` lets it do and nothing else.

SAM makes roles, too, and adds `AWSLambdaBasicExecutionRole` and `AWSLambdaSQSQueueExecutionRole`, which name every
log and every queue of the account. Here a role ends at the stack's log and at the queues that wake its function.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

VERSION = "2012-10-17"
_FUNCTION = "AWS::Serverless::Function"
_FROM_QUEUES = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


def with_roles(document: Json) -> Json:
    """The document whose functions name their roles, which stand beside them: `HistoryFunction`, `HistoryRole`."""
    resources: Json = {}
    for name, resource in document["Resources"].items():
        if resource["Type"] != _FUNCTION:
            resources[name] = resource
            continue
        role = f"{name.removesuffix('Function')}Role"
        properties = {key: value for key, value in resource["Properties"].items() if key != "Policies"}
        resources[role] = _role(resource)
        resources[name] = {**resource, "Properties": {**properties, "Role": {"Fn::GetAtt": f"{role}.Arn"}}}
    conditions = document["Conditions"] | {"IsTraced": {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}}
    return {**document, "Conditions": conditions, "Resources": resources}


def _role(function: Mapping[str, Any]) -> Json:
    policies = function["Properties"]["Policies"]
    own = [statement for policy in policies for statement in policy.get("Statement", ())]
    statements = [*own, *_given(function["Properties"]), _TRACES]
    role: Json = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": VERSION,
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
            "ManagedPolicyArns": [policy for policy in policies if "Ref" in policy],
            "Policies": [
                {"PolicyName": "function", "PolicyDocument": {"Version": VERSION, "Statement": statements}},
            ],
        },
    }
    return {**role, "Condition": function["Condition"]} if "Condition" in function else role


def _given(properties: Mapping[str, Any]) -> Iterator[Json]:
    """The statements that replace SAM's policies: the log, and the queues that wake the function."""
    log = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/${AWS::StackName}:*"
    yield {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": {"Fn::Sub": log}}
    events = properties.get("Events", {}).values()
    if queues := [event["Properties"]["Queue"] for event in events if event["Type"] == "SQS"]:
        yield {"Effect": "Allow", "Action": _FROM_QUEUES, "Resource": queues}


# X-Ray grants these two on everything or not at all.
_TRACES: Json = {
    "Fn::If": [
        "IsTraced",
        {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"},
        {"Ref": "AWS::NoValue"},
    ]
}
