"""The stack that is there: what state it is in, and how it was deployed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.adopt import ask_tables
from infra.prerequisites import Problem
from local import stored_form, template
from local.start_error import StartError

Json = dict[str, Any]

_FUNCTION: Final = "AWS::Serverless::Function"
# Its creation failed and was undone, or its change set was never executed: it has no resources.
_EMPTY: Final = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})
_CONTINUE: Final = "aws cloudformation continue-update-rollback --stack-name"
_DELETE: Final = "aws cloudformation delete-stack --stack-name"
_REMEDIES: Final = {
    "UPDATE_ROLLBACK_FAILED": _CONTINUE,
    "IMPORT_ROLLBACK_FAILED": _CONTINUE,
    "CREATE_FAILED": _DELETE,
    "ROLLBACK_FAILED": _DELETE,
    "DELETE_FAILED": _DELETE,
}


@dataclass(frozen=True, slots=True)
class Stack:
    """`template`: as it was given to CloudFormation, before its transforms; None when that cannot be read."""

    name: str
    status: str
    description: str
    parameters: Mapping[str, str]
    template: Json | None

    @property
    def is_made(self) -> bool:
        """Whether there is something to update. False when its creation failed: such a stack can only be deleted."""
        return self.status not in _EMPTY

    @property
    def way(self) -> str:
        """How its new versions take over (`infra.gradual.WAYS`); empty: at once, with no alias."""
        preferences = (properties.get("DeploymentPreference", {}) for properties in self._functions())
        return next((str(each["Type"]) for each in preferences if "Type" in each), "")

    @property
    def architecture(self) -> str:
        """That of its functions; empty when nothing says so."""
        names = (properties["Architectures"][0] for properties in self._functions() if "Architectures" in properties)
        return next(map(str, names), "")

    def problems(self) -> Iterator[Problem]:
        """What stands in the way of a deployment to it."""
        if self.is_made and not self.description.startswith("dlambda"):
            yield Problem(f"The stack {self.name} is something else's: choose another name, `make deploy STACK=...`.")
        if self.status in _REMEDIES:
            yield Problem(f"The stack is in the state {self.status}: {_REMEDIES[self.status]} {self.name}")
        elif self.is_made and self.status.endswith("_IN_PROGRESS"):
            yield Problem(f"The stack is in the state {self.status}: wait until that has ended.")

    def _functions(self) -> list[Json]:
        resources = (self.template or {}).get("Resources", {}).values()
        return [each["Properties"] for each in resources if each["Type"] == _FUNCTION]


def read_stack(session: Any, name: str) -> Stack | None:
    """The stack of this name in the session's account and region; None without one."""
    formation = session.client("cloudformation")
    try:
        [about] = formation.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return None
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in about.get("Parameters", ())}
    document = _template_of(formation, name)
    description = str(about.get("Description") or (document or {}).get("Description", ""))
    return Stack(name, about["StackStatus"], description, parameters, document)


def remove_remains(session: Any, name: str) -> None:
    """Deletes a stack that was never made; what it is to keep outlives it, and is adopted by the next."""
    formation = session.client("cloudformation")
    formation.delete_stack(StackName=name)
    formation.get_waiter("stack_delete_complete").wait(StackName=name)


def form_problems(session: Any, name: str) -> Iterator[Problem]:
    """The problem of a release that is older than the one that wrote the stack's tables."""
    try:
        stored_form.check(ask_tables(session.client("dynamodb")), f"{name}-")
    except StartError as error:
        yield Problem(str(error))
    except ClientError:
        return  # there are no tables


def note_form(session: Any, name: str) -> None:
    """Has the stack's tables say what this release writes, where there are tables."""
    with suppress(ClientError):
        stored_form.note(ask_tables(session.client("dynamodb")), f"{name}-")


def _template_of(formation: Any, name: str) -> Json | None:
    try:
        body = formation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    except ClientError:
        return None
    return template.parse(body) if isinstance(body, str) else body  # boto3 has read what is JSON
