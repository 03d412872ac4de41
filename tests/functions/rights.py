"""What a template lets each of its functions do.

A permission is an action and what it is done to: `dynamodb:GetItem`, `items`; `s3:GetObject`, `bucket/files`;
`sqs:SendMessage`, `notify`; `dynamodb:Query`, `resources#notifications` for rows of that kind alone.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

_NAME = re.compile(r"\$\{(\w+)(?:\.Arn)?\}(.*)")

Json = dict[str, Any]
Permission = tuple[str, str]  # action, what it is done to


class Rights:
    """Those of a document whose loops are expanded. A function goes by its module: `history`, `on_intake`."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Json] = document["Resources"]

    @cached_property
    def functions(self) -> dict[str, Json]:
        """Module -> properties of its function. Those that stream serve groups that are here."""
        handlers = (
            each["Properties"] for each in self._resources.values() if each["Type"] == "AWS::Serverless::Function"
        )
        return {each["Handler"].split(".")[-3]: each for each in handlers if "/" not in each["Handler"]}

    def allow(self, module: str, permission: Permission) -> bool:
        """Whether the function may do it, by a right to these rows or to the whole table."""
        action, resource = permission
        return not {permission, (action, resource.partition("#")[0])}.isdisjoint(self.allowed(module))

    @lru_cache(maxsize=64)  # noqa: B019 as long as the tests run
    def allowed(self, module: str) -> frozenset[Permission]:
        """What the policies of the function let it do, index names spelled out."""
        return frozenset(permission for statement in self._statements(module) for permission in self.granted(statement))

    def granted(self, statement: Mapping[str, Any]) -> Iterator[Permission]:
        """The permissions of one statement."""
        names = [name for resource in _list(statement["Resource"]) for name in self._names(resource)]
        condition = statement.get("Condition", {})
        if prefixes := condition.get("StringLikeIfExists", {}).get("s3:prefix"):
            names = [f"bucket/{prefix.removesuffix('/*')}" for prefix in prefixes]
        if kinds := condition.get("ForAllValues:StringEquals", {}).get("dynamodb:LeadingKeys"):
            names = [f"{name}#{kind}" for name in names for kind in kinds]
        yield from ((action, name) for action in _list(statement["Action"]) for name in names)

    def policies(self, module: str) -> dict[str, list[Json]]:
        """The statements of a function by the name of their policy; `""`: its own."""
        policies: dict[str, list[Json]] = {}
        for policy in self.functions[module]["Policies"]:
            if "Ref" in policy:
                document = self._resources[policy["Ref"]]["Properties"]["PolicyDocument"]
                policies[policy["Ref"]] = document["Statement"]
            else:
                policies[""] = _list(policy["Statement"])
        return policies

    def _statements(self, module: str) -> Iterator[Json]:
        for statements in self.policies(module).values():
            yield from statements
        for event in self.functions[module].get("Events", {}).values():
            if event["Type"] == "SQS":  # what the mapping needs is granted with it (infra/roles.py)
                yield {"Action": ["sqs:ReceiveMessage"], "Resource": event["Properties"]["Queue"]}

    def _names(self, resource: Any) -> list[str]:
        """The noun of a table or queue, the folder of the bucket; the indexes of a table one by one."""
        if isinstance(resource, str):
            return []
        if "Fn::If" in resource:  # where the condition holds
            return self._names(resource["Fn::If"][1])
        if "Ref" in resource:
            return self._own(resource["Ref"], "")
        if "Fn::GetAtt" in resource:
            target = resource["Fn::GetAtt"]
            return self._own(target.split(".")[0] if isinstance(target, str) else target[0], "")
        text = resource.get("Fn::Sub", "")
        if ":execute-api:" in text:
            return ["SocketApi"]
        if ":log-group:" in text:
            return ["log-group"]
        match = _NAME.fullmatch(text)
        return self._own(match[1], match[2]) if match else []

    def _own(self, logical: str, suffix: str) -> list[str]:
        if logical == "Bucket":
            return [f"bucket{suffix.removesuffix('/*')}"]
        resource = self._resources[logical]
        if resource["Type"] == "AWS::SecretsManager::Secret":
            return [logical]
        properties = resource["Properties"]
        name = properties.get("TableName") or properties.get("QueueName")
        if not name:
            return []
        noun = name["Fn::Sub"].removeprefix("${AWS::StackName}-")
        indexes = [each["IndexName"] for each in properties.get("GlobalSecondaryIndexes", ())]
        return [f"{noun}/index/{index}" for index in indexes] if suffix == "/index/*" else [noun + suffix]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
