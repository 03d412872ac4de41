"""Deploys to AWS: `make deploy`. The first time it asks; afterwards it keeps what was answered.

Parameters that are not named keep the value that the stack has, and so do the architecture and the way in which new
versions take over. docs/how-to/deploy-to-aws.md goes through it.
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
from typing import Any, Final

import boto3

from infra import artifacts, gradual, parameters, prerequisites
from infra.adopt import adopt, complete_tables, find_leftovers
from infra.indexes import ChangedIndexError, steps_before, steps_with
from infra.stack import Stack, form_problems, note_form, read_stack, remove_remains
from local import template

Json = dict[str, Any]
Ask = Callable[[str, str], str]
"""A question, the answer of who just presses Enter -> the answer."""

AT_ONCE: Final = "no"
"""In place of a way of taking over: with no alias."""
_TO_BE_ASKED: Final = {"AuthUsername": "admin", "AuthPassword": "*"}


def ask(question: str, default: str) -> str:
    """Asks a person. A password is not shown."""
    text = f"{question} [{default}]: " if default else f"{question}: "
    answer = getpass.getpass(text) if "assword" in question else input(text)
    return answer.strip() or default


def first_answers(ask: Ask, limit: int | None) -> dict[str, str]:
    """Asks the questions of a first deployment. `limit`: functions that the account runs at once."""

    def value_of(name: str, question: str, default: str) -> str:
        """Asks until the answer is one that the parameter takes."""
        while text := parameters.objection(name, answer := ask(question, default)):
            print(f"{answer!r}: {text}")
        return answer

    answers = {"AuthUsername": value_of("AuthUsername", "User name of the admin", "admin")}
    password = ask("Password (empty: one is made)", "")
    answers["AuthPassword"] = password or secrets.token_urlsafe(18)
    if not password:
        print(f"The password is {answers['AuthPassword']}")
    defaults = parameters.defaults()
    workers = defaults["MaxWorkers"]
    if limit is not None:
        workers = str(min(int(workers), prerequisites.affordable_workers(limit, defaults)))
    answers["MaxWorkers"] = value_of("MaxWorkers", "Downloads at once", workers)
    answers["OneAddress"] = value_of("OneAddress", "One address for HTTP and /ws, by CloudFront (true, false)", "true")
    if float(budget := value_of("MonthlyBudget", "Dollars a month above which you get a mail (0: none)", "0")):
        answers |= {"MonthlyBudget": budget, "BudgetEmail": ask("Mail address", "")}
    return answers


def build_commands(*, architecture: str, way: str) -> list[list[str]]:
    """The commands of a build. `way`: how new versions take over (`infra.gradual.WAYS`); empty: at once."""
    return [
        ["make", "artifacts", f"ARCH={architecture}", f"GRADUAL={way}"],
        ["sam", "build", "--template", "build/template.json"],
    ]


def deploy_command(stack: str, region: str, file: Path, values: Mapping[str, str]) -> list[str]:
    """The command that updates the stack to the template in `file`, or makes it. `values`: of parameters."""
    command = [
        "sam", "deploy", "--template-file", str(file), "--stack-name", stack, "--region", region,
        "--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--resolve-image-repos", "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
    ]  # fmt: skip
    if values:
        command += ["--parameter-overrides", *(f'{name}="{_quote(value)}"' for name, value in values.items())]
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


def choices(stack: Stack | None, architecture: str, way: str) -> tuple[str, str]:
    """Architecture and way of this deployment: what was asked for, else what the stack has."""
    last_architecture, last_way = (stack.architecture, stack.way) if stack else ("", "")
    return (
        architecture or last_architecture or artifacts.DEFAULT_ARCHITECTURE,
        "" if way == AT_ONCE else way or last_way,
    )


def main() -> int:
    options = _options()
    defaults, values = parameters.defaults(), dict(each.partition("=")[::2] for each in options.parameters)
    if strays := [each for each in options.parameters if "=" not in each or each.partition("=")[0] not in defaults]:
        sys.exit(f"Not parameters of template.yaml (Name=value): {' '.join(strays)}")
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # else that of its own settings
    facts = prerequisites.gather(session)
    stack = read_stack(session, options.stack) if facts.account else None
    current = dict(stack.parameters) if stack and stack.is_made else {}
    if not current and not parameters.has_login(defaults | values):
        if options.check:
            values |= _TO_BE_ASKED
        elif sys.stdin.isatty():
            values = first_answers(ask, facts.concurrent_executions) | values
    problems = [
        *prerequisites.name_problems(options.stack),
        *prerequisites.problems(facts, defaults | current | values),
        *(stack.problems() if stack else ()),
        *(form_problems(session, options.stack) if facts.account else ()),
    ]
    for problem in problems:
        print(f"{'Missing' if problem.fatal else 'Warning'}: {problem.text}")
    if any(problem.fatal for problem in problems):
        return 1
    if options.check:
        print("Everything that a deployment needs is there.")
        return 0
    architecture, way = choices(stack, options.architecture, options.gradual)
    for command in build_commands(architecture=architecture, way=way):
        subprocess.run(command, cwd=template.ROOT, check=True)
    if way:
        values[gradual.RELEASE] = gradual.release_of(template.ROOT / "build", current | values)
    base = _base(session, options.stack, stack)
    note_form(session, options.stack)  # the first of the new functions writes, whatever becomes of the others
    _update(base, options.stack, str(facts.region), values)
    note_form(session, options.stack)  # of tables that are new
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    parser.add_argument("--stack", default="dlambda", help="name of the stack; a stage is a stack of its own")
    parser.add_argument("--architecture", default="", choices=("", *artifacts.PLATFORMS), help="of the functions")
    parser.add_argument(
        "--gradual", default="", choices=("", AT_ONCE, *gradual.WAYS), help="how new versions take over"
    )
    parser.add_argument("--check", action="store_true", help="only tell what is missing")
    parser.add_argument("parameters", nargs="*", metavar="Name=value", help="parameters of the template")
    return parser.parse_args()


def _base(session: Any, name: str, stack: Stack | None) -> Stack | None:
    """The stack to update: the one that is there, or one of what an earlier one of this name left behind."""
    if stack is not None and stack.is_made:
        return stack
    if stack is not None:
        print(f"The stack was never made ({stack.status}): what there is of it goes first.")
        remove_remains(session, name)
    document = template.load()
    leftovers = find_leftovers(session, name, document)
    if not leftovers:
        return None
    print(f"An earlier stack left behind, and this one goes on with: {', '.join(sorted(leftovers))}")
    complete_tables(session, leftovers.values(), template.read().tables, name)
    adopt(session, name, document, leftovers)
    return read_stack(session, name)


def _update(stack: Stack | None, name: str, region: str, values: Mapping[str, str]) -> None:
    """Makes the stack, or updates it, in as many steps as its indexes take."""
    try:
        files = updates(stack.template if stack else None, template.ROOT / ".aws-sam" / "build")
    except ChangedIndexError as error:
        sys.exit(str(error))
    for number, (file, is_new) in enumerate(files, 1):
        if len(files) > 1:
            print(f"Update {number} of {len(files)}: CloudFormation changes one index of a table at a time.")
        # The deployed version may not have the parameters, and keeps its own.
        command = deploy_command(name, region, file, values if is_new else {})
        subprocess.run(command, cwd=template.ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
