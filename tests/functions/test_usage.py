"""That the check of `usage` can fail: what a policy allows too much is found."""

from fnmatch import fnmatchcase

from tests.functions.permissions import RIGHTS
from tests.functions.usage import _UNSEEN, unused

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


def test_what_no_test_can_show_is_allowed() -> None:
    granted = {*EVERYTHING, *((policy, *permission) for module in RIGHTS.functions for policy, statements in
                              RIGHTS.policies(module).items() for each in statements for permission in RIGHTS.granted(each))}  # fmt: skip
    for pattern in _UNSEEN:
        assert any(all(map(fnmatchcase, call, pattern)) for call in granted), pattern


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
        assert {name for name, variable in names.items() if variables.get(variable) == {"Ref": name}} == readable, (
            module
        )


def test_nothing_is_allowed_on_the_whole_bucket() -> None:
    for module in RIGHTS.functions:
        assert "bucket" not in {resource for _, resource in RIGHTS.allowed(module)}, module
        assert all(RIGHTS.policies(module).values())
