"""The stack that `make deploy` meets: infra/stack.py."""

from typing import Any

import pytest

from infra.deploy import choices
from infra.gradual import with_alias
from infra.image_template import with_images
from infra.stack import Stack
from local import template

OURS = "dlambda, a download service"
LINEAR = "Linear10PercentEvery1Minute"


def stack(status: str = "UPDATE_COMPLETE", **fields: Any) -> Stack:
    about = {"description": OURS, "parameters": {"MaxWorkers": "5"}, "template": None}
    return Stack("dlambda", status, **{**about, **fields})


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"]
)
def test_a_stack_at_rest_is_updated(status: str) -> None:
    assert (list(stack(status).problems()), stack(status).is_made) == ([], True)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_what_is_left_of_a_creation_that_failed_is_in_nobodys_way(status: str) -> None:
    assert (list(stack(status, description="").problems()), stack(status).is_made) == ([], False)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("UPDATE_IN_PROGRESS", "wait until that has ended"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name dlambda"),
        ("CREATE_FAILED", "aws cloudformation delete-stack --stack-name dlambda"),
        ("DELETE_FAILED", "aws cloudformation delete-stack --stack-name dlambda"),
    ],
)
def test_a_state_that_takes_no_update_is_named_with_its_remedy(status: str, text: str) -> None:
    [problem] = stack(status).problems()
    assert (problem.fatal, status in problem.text, text in problem.text) == (True, True, True)


def test_the_stack_of_something_else_is_left_alone() -> None:
    [problem] = stack(description="A shop").problems()
    assert (problem.fatal, "is something else's" in problem.text) == (True, True)


@pytest.mark.parametrize(
    ("architecture", "way", "choice"),
    [
        ("", "", ("x86_64", LINEAR)),
        ("arm64", "", ("arm64", LINEAR)),
        ("", "AllAtOnce", ("x86_64", "AllAtOnce")),
        ("", "no", ("x86_64", "")),
    ],
)
def test_what_nobody_names_stays_as_it_was_deployed(architecture: str, way: str, choice: tuple[str, str]) -> None:
    deployed = with_alias(with_images(template.load(), has_adapter=False, architecture="x86_64"), LINEAR)
    assert choices(stack(template=deployed), architecture, way) == choice
    assert choices(None, architecture, way) == (architecture or "arm64", "" if way == "no" else way)
    assert choices(stack(template=with_images(template.load(), has_adapter=False)), "", "") == ("arm64", "")
