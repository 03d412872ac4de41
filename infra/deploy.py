"""Deploys to AWS: `make deploy`. The first time it asks; afterwards it keeps what was answered.

Parameters that are not named keep the value that the stack has. docs/how-to/deploy-to-aws.md goes through it.
"""

import argparse
import getpass
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra import prerequisites
from infra.adopt import adopt, complete_tables, find_leftovers
from infra.gradual import WAYS
from infra.indexes import ChangedIndexError, steps_before, steps_with
from local import template

Json = dict[str, Any]
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
    """Asks the questions of a first deployment. `limit`: functions that the account runs at once."""
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


def build_commands(*, architecture: str, gradual: str = "") -> list[list[str]]:
    """The commands of a build. `gradual`: how new versions take over (`infra.gradual.WAYS`); empty: at once."""
    return [
        ["make", "artifacts", f"ARCH={architecture}", f"GRADUAL={gradual}"],
        ["sam", "build", "--template", "build/template.json"],
    ]


def deploy_command(stack: str, region: str, file: Path, parameters: Mapping[str, str]) -> list[str]:
    """The command that updates the stack to the template in `file`, or makes it."""
    command = [
        "sam", "deploy", "--template-file", str(file), "--stack-name", stack, "--region", region,
        "--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--resolve-image-repos", "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
    ]  # fmt: skip
    if parameters:
        command += ["--parameter-overrides", *(f'{name}="{_quote(value)}"' for name, value in parameters.items())]
    return command


def updates(deployed: Json | None, folder: Path) -> list[tuple[Path, bool]]:
    """The templates that lead to the built one in `folder`, in order, beside it; whether it is of the new version.

    `deployed`: the stack's template, None without one. Raises `ChangedIndexError`.
    """
    built = folder / "template.yaml"
    if deployed is None:
        return [(built, True)]
    document = template.parse(built.read_bytes())
    steps = [(step, False) for step in steps_before(deployed, document)]
    steps += [(step, True) for step in steps_with(deployed, document)]
    files = []
    for number, (step, is_new) in enumerate(steps[:-1], 1):
        file = folder / f"step-{number}.json"
        file.write_text(json.dumps(step))
        files.append((file, is_new))
    return [*files, (built, True)]


def _quote(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def current_parameters(session: Any, stack: str) -> dict[str, str] | None:
    """The parameters of an existing stack; None without one."""
    try:
        [found] = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError:
        return None
    return {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}


def deployed_template(session: Any, stack: str) -> Json | None:
    """The template of an existing stack, as it was given; None without one."""
    try:
        body = session.client("cloudformation").get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    except ClientError:
        return None
    return template.parse(body) if isinstance(body, str) else body  # boto3 has read what is JSON


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
        complete_tables(session, leftovers.values(), template.read().tables, options.stack)
        adopt(session, options.stack, template.load(), leftovers)
    for command in build_commands(architecture=options.architecture, gradual=options.gradual):
        subprocess.run(command, cwd=template.ROOT, check=True)
    _update(session, options.stack, str(facts.region), named)
    return 0


def _update(session: Any, stack: str, region: str, parameters: Mapping[str, str]) -> None:
    """Makes the stack, or updates it, in as many steps as its indexes take."""
    try:
        files = updates(deployed_template(session, stack), template.ROOT / ".aws-sam" / "build")
    except ChangedIndexError as error:
        sys.exit(str(error))
    for number, (file, is_new) in enumerate(files, 1):
        if len(files) > 1:
            print(f"Update {number} of {len(files)}: CloudFormation changes one index of a table at a time.")
        # The deployed version may not know the parameters, and keeps its own.
        command = deploy_command(stack, region, file, parameters if is_new else {})
        subprocess.run(command, cwd=template.ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
