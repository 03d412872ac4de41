"""Deploys to AWS: `make deploy`. The first time it asks; afterwards it keeps what was answered.

Parameters that are not named keep the value that the stack has. docs/how-to/deploy-to-aws.md goes through it.
"""

import argparse
import getpass
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra import prerequisites
from infra.adopt import adopt, find_leftovers
from infra.gradual import WAYS
from local import template

Ask = Callable[[str, str], str]
"""A question, the answer of who just presses Enter -> the answer."""


def ask(question: str, default: str) -> str:
    """Asks a person. A password is not shown."""
    text = f"{question} [{default}]: " if default else f"{question}: "
    answer = getpass.getpass(text) if "assword" in question else input(text)
    return answer.strip() or default


def defaults() -> dict[str, str]:
    """Parameter -> what the template says when nobody names it."""
    return {name: str(each.get("Default", "")) for name, each in template.load()["Parameters"].items()}


def first_answers(ask: Ask, limit: int | None) -> dict[str, str]:
    """What a first deployment needs to know. `limit`: functions that the account runs at once."""
    answers = {"AuthUsername": ask("User name of the admin", "admin")}
    password = ask("Password (empty: one is made)", "")
    answers["AuthPassword"] = password or secrets.token_urlsafe(18)
    if not password:
        print(f"The password is {answers['AuthPassword']}")
    workers = defaults()["MaxWorkers"]
    if limit is not None:
        workers = str(min(int(workers), prerequisites.affordable_workers(limit, defaults())))
    answers["MaxWorkers"] = ask("Downloads at once", workers)
    answers["OneAddress"] = ask("One address for HTTP and /ws, by CloudFront (true, false)", "true")
    if budget := ask("Dollars a month above which you get a mail (empty: none)", ""):
        answers |= {"MonthlyBudget": budget, "BudgetEmail": ask("Mail address", "")}
    return answers


def commands(
    stack: str, region: str, parameters: Mapping[str, str], *, architecture: str, gradual: str = ""
) -> list[list[str]]:
    """The commands to run, in order. `gradual`: how new versions take over (`infra.gradual.WAYS`); empty: at once."""
    deploy = [
        "sam", "deploy", "--stack-name", stack, "--region", region, "--capabilities", "CAPABILITY_IAM",
        "--resolve-s3", "--resolve-image-repos", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
    ]  # fmt: skip
    if parameters:
        deploy += ["--parameter-overrides", *(f'{name}="{_quote(value)}"' for name, value in parameters.items())]
    return [
        ["make", "artifacts", f"ARCH={architecture}", f"GRADUAL={gradual}"],
        ["sam", "build", "--template", "build/template.json"],
        deploy,
    ]


def _quote(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def current_parameters(session: Any, stack: str) -> dict[str, str] | None:
    """The parameters of an existing stack; None without one."""
    try:
        [found] = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError:
        return None
    return {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    parser.add_argument("--stack", default="dlambda", help="name of the stack; a stage is a stack of its own")
    parser.add_argument("--architecture", default="x86_64", help="of the functions: x86_64 or arm64")
    parser.add_argument("--gradual", default="", choices=("", *WAYS), help="how new versions take over")
    parser.add_argument("--check", action="store_true", help="only tell what is missing")
    parser.add_argument("parameters", nargs="*", metavar="Name=value", help="parameters of the template")
    options = parser.parse_args()
    named = dict(each.split("=", 1) for each in options.parameters if "=" in each)
    if unknown := [each for each in options.parameters if each.split("=", 1)[0] not in defaults() or "=" not in each]:
        sys.exit(f"Not parameters of template.yaml (Name=value): {' '.join(unknown)}")
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # else that of its own settings
    facts = prerequisites.gather(session)
    existing = current_parameters(session, options.stack) if facts.account else None
    if existing is None and not prerequisites.has_login(named) and sys.stdin.isatty() and not options.check:
        named = first_answers(ask, facts.concurrent_executions) | named
    found = list(prerequisites.problems(facts, defaults() | (existing or {}) | named))
    for problem in found:
        print(f"{'Missing' if problem.fatal else 'Warning'}: {problem.text}")
    if any(problem.fatal for problem in found):
        return 1
    if options.check:
        print("Everything that a deployment needs is there.")
        return 0
    if existing is None and (leftovers := find_leftovers(session, options.stack, template.load())):
        print(f"An earlier stack left behind, and this one goes on with: {', '.join(sorted(leftovers))}")
        adopt(session, options.stack, template.load(), leftovers)
    for command in commands(
        options.stack, str(facts.region), named, architecture=options.architecture, gradual=options.gradual
    ):
        subprocess.run(command, cwd=template.ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
