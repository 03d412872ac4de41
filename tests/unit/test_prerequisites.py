"""What `make deploy` looks at before it begins."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.deploy import deploy_command, first_answers
from infra.parameters import defaults
from infra.prerequisites import Facts, executions, name_problems, problems

READY = Facts(frozenset({"sam", "docker", "python3.13"}), True, "123456789012", "eu-central-1", 1000)
LOGIN = defaults() | {"AuthUsername": "ada", "AuthPassword": "secret"}


def test_nothing_is_in_the_way_of_a_machine_that_has_everything() -> None:
    assert list(problems(READY, LOGIN)) == []


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (replace(READY, programs=READY.programs - {"sam"}), "SAM CLI is missing"),
        (replace(READY, programs=READY.programs - {"docker"}, docker_runs=False), "Docker is missing"),
        (replace(READY, programs=READY.programs - {"python3.13"}), "Python 3.13 is missing"),
        (replace(READY, docker_runs=False), "Docker does not run"),
        (replace(READY, region=None), "No region is chosen"),
        (replace(READY, account=None), "No credentials of AWS"),
        (
            replace(READY, account=None, region="eu-centrl-1", is_reached=False),
            "AWS does not answer in the region 'eu-c",
        ),
    ],
)
def test_what_is_missing_is_named(facts: Facts, text: str) -> None:
    [problem] = problems(facts, LOGIN)
    assert problem.fatal
    assert problem.text.startswith(text)


@pytest.mark.parametrize(
    ("parameters", "is_refused"),
    [
        ({}, True),
        ({"AuthUsername": "ada"}, True),
        ({"AuthUsername": "ada", "AuthPassword": "****"}, False),  # as a stack tells it that has one
        ({"OidcIssuer": "https://id.example", "OidcClientId": "dlambda"}, False),
        ({"AllowOpen": "true"}, False),
    ],
)
def test_a_service_without_a_login_is_not_deployed(parameters: dict[str, str], is_refused: bool) -> None:
    assert bool(list(problems(READY, defaults() | parameters))) == is_refused


def test_downloads_do_not_take_the_places_of_the_api() -> None:
    [problem] = problems(READY, LOGIN | {"MaxWorkers": "1000"})
    assert problem.fatal
    assert problem.text.startswith(f"MaxWorkers={1000 - executions(LOGIN | {'MaxWorkers': '0'})} is the most")


def test_a_new_account_is_warned_and_offered_fewer_workers() -> None:
    [problem] = problems(replace(READY, concurrent_executions=10), LOGIN | {"MaxWorkers": "2"})
    assert not problem.fatal
    answers = first_answers(lambda question, default: default, 10)
    assert (answers["AuthUsername"], answers["MaxWorkers"]) == ("admin", "2")
    assert len(answers["AuthPassword"]) >= 20


def test_an_answer_that_cannot_be_is_asked_for_again() -> None:
    said = {
        "User name": ["a:b", "ada"],
        "Password": ["secret"],
        "Downloads": ["many", "1", "5"],
        "One address": ["yes", "false"],
        "Dollars": ["20 $", "20"],
        "Mail": ["ada@example.org"],
    }

    def answer(question: str, _default: str) -> str:
        [left] = [each for beginning, each in said.items() if question.startswith(beginning)]
        return left.pop(0)

    assert first_answers(answer, None) == {
        "AuthUsername": "ada",
        "AuthPassword": "secret",
        "MaxWorkers": "5",
        "OneAddress": "false",
        "MonthlyBudget": "20",
        "BudgetEmail": "ada@example.org",
    }
    assert not any(said.values())


def test_workers_that_are_offered_fit_into_the_account() -> None:
    limit = executions(LOGIN) - 5
    answers = first_answers(lambda question, default: default, limit)
    assert executions(LOGIN | answers) == limit


@pytest.mark.parametrize("name", ["dlambda_dev", "2nd", "", "a" * 61, "a b"])
def test_tables_and_queues_can_be_named_after_the_stack(name: str) -> None:
    assert list(name_problems("dlambda-dev2")) == []
    [problem] = name_problems(name)
    assert problem.fatal


def test_a_value_that_is_no_number_is_named_and_nothing_is_reckoned_with_it() -> None:
    [problem] = problems(READY, LOGIN | {"MaxWorkers": "many"})
    assert problem.text == "MaxWorkers='many': not a number"


def test_values_keep_blanks_and_quotes_on_the_command_line() -> None:
    deploy = deploy_command("s", "eu-central-1", Path("t.json"), {"CorsOrigins": 'https://a "b"'})
    assert deploy[-1] == 'CorsOrigins="https://a \\"b\\""'
    assert deploy[deploy.index("--stack-name") + 1] == "s"
