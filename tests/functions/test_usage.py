"""That the check of `usage` can fail: what a policy allows too much is found."""

from collections.abc import Callable
from copy import deepcopy

from local import template
from tests.functions.permissions import RIGHTS
from tests.functions.rights import Rights
from tests.functions.usage import unused

EVERYTHING = {(module, *permission) for module in RIGHTS.functions for permission in RIGHTS.allowed(module)}


def test_a_function_that_used_all_that_it_may_has_nothing_too_much() -> None:
    assert unused(EVERYTHING) == []


def test_what_a_function_may_and_never_did_is_found() -> None:
    call = ("file", "s3:DeleteObject", "bucket/files")
    assert call in EVERYTHING
    assert unused(EVERYTHING - {call}) == [" ".join(call)]


def test_a_shared_policy_that_a_function_never_used_is_found() -> None:
    kept = {each for each in EVERYTHING if not (each[0] == "dl_fields" and each[2].startswith("resources"))}
    assert any(line.startswith("dl_fields dynamodb:GetItem resources") for line in unused(kept))


def test_an_action_of_a_shared_policy_that_nobody_used_is_found() -> None:
    kept = {each for each in EVERYTHING if each[1:] != ("dynamodb:DeleteItem", "connections")}
    assert unused(kept) == ["PushPolicy dynamodb:DeleteItem connections"]


def test_a_statement_of_a_shared_policy_is_for_all_that_have_the_policy() -> None:
    kept = {each for each in EVERYTHING if each[0] != "file" or each[2] != "jobs"}
    assert "file dynamodb:UpdateItem jobs" in unused(kept)


def with_actions_of_the_archiver(change: Callable[[list[str]], list[str]]) -> Rights:
    """The rights of the template with other ones of that function to the archives."""
    document = deepcopy(template.load())
    [statement] = [
        each
        for policy in document["Resources"]["ArchiverFunction"]["Properties"]["Policies"]
        for each in policy.get("Statement", ())
        if each["Resource"] == {"Fn::GetAtt": "ArchiveTable.Arn"}
    ]
    statement["Action"] = change(statement["Action"])
    return Rights(document)


def test_a_right_that_the_template_loses_is_missed_and_one_that_it_gains_is_seen() -> None:
    fewer = with_actions_of_the_archiver(lambda actions: [each for each in actions if each != "dynamodb:Query"])
    assert RIGHTS.allow("archiver", ("dynamodb:Query", "archive"))
    assert not fewer.allow("archiver", ("dynamodb:Query", "archive"))
    more = with_actions_of_the_archiver(lambda actions: [*actions, "dynamodb:DeleteItem"])
    assert unused(EVERYTHING, more) == ["archiver dynamodb:DeleteItem archive"]


def test_no_function_reads_a_secret_that_no_variable_names() -> None:
    names = {
        "Login": "DLAMBDA_LOGIN_FROM",
        "SecretKey": "DLAMBDA_SECRET_KEY_FROM",
        "AdminKey": "DLAMBDA_ADMIN_KEY_FROM",
        "OidcSecret": "DLAMBDA_OIDC_SECRET_FROM",
    }
    for module, function in RIGHTS.functions.items():
        variables = function.get("Environment", {}).get("Variables", {})
        readable = {name for action, name in RIGHTS.allowed(module) if action.startswith("secretsmanager:")}
        values = {name: variables.get(variable, {}) for name, variable in names.items()}
        # Where there is no provider there is no secret of it.
        in_variables = {name for name, value in values.items() if {"Ref": name} in (value, *value.get("Fn::If", ()))}
        assert in_variables == readable, module


def test_nothing_is_allowed_on_the_whole_bucket() -> None:
    for module in RIGHTS.functions:
        assert "bucket" not in {resource for _, resource in RIGHTS.allowed(module)}, module
        assert all(RIGHTS.policies(module).values())
