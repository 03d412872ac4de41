"""What a deployment needs of the machine and of the account, found out before it begins: `make deploy`."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra import artifacts, parameters

# What the API and the minute's round need beside downloads, extractions and tasks.
API_EXECUTIONS: Final = 20
_QUEUES_OF_FOUR: Final = 5  # notify, task, sweep, files, socket: four each


@dataclass(frozen=True, slots=True)
class Facts:
    """`concurrent_executions`: of the account in the region; None when it could not be asked."""

    programs: frozenset[str]  # of sam, docker, python3.13
    docker_runs: bool
    account: str | None
    region: str | None
    concurrent_executions: int | None
    is_reached: bool = True
    """False when AWS has no address in this region that answers."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A missing prerequisite and its remedy; one that is not `fatal` is printed, and the deployment goes on."""

    text: str
    fatal: bool = True


def problems(facts: Facts, values: Mapping[str, str]) -> Iterator[Problem]:
    """What prevents a deployment with these values of the template's parameters, all of them."""
    python = f"python{artifacts.python_version()}"
    if python not in facts.programs:
        version = python.removeprefix("python")
        yield Problem(f"Python {version} is missing, which functions are compiled for: uv python install {version}")
    if "sam" not in facts.programs:
        yield Problem("SAM CLI is missing: uv tool install aws-sam-cli")
    if not facts.docker_runs:
        state = "does not run" if "docker" in facts.programs else "is missing"
        yield Problem(f"Docker {state}: functions with yt-dlp or ffmpeg are container images, which it builds.")
    if facts.region is None:
        yield Problem("No region is chosen: set AWS_REGION, or run `aws configure`.")
    elif not facts.is_reached:
        yield Problem(f"AWS does not answer in the region {facts.region!r}: is that its name (eu-central-1)?")
    elif facts.account is None:
        text = "No credentials of AWS that work: run `aws configure` or `aws sso login`, or set AWS_PROFILE."
        yield Problem(f"{text} A region that the account has not switched on refuses them, too.")
    refusals = list(parameters.problems(values))
    yield from map(Problem, refusals)
    if facts.concurrent_executions is not None and not refusals:
        yield from _of_the_account(facts.concurrent_executions, values)


def _of_the_account(limit: int, values: Mapping[str, str]) -> Iterator[Problem]:
    """`limit`: functions that the account runs at once."""
    most = affordable_workers(limit, values)
    if int(values["MaxWorkers"]) > most:
        yield Problem(f"MaxWorkers={most} is the most that leaves the API its places; ask for more executions.")
    elif limit < (all_executions := executions(values)):
        text = (
            f"The account runs {limit} functions at once in this region, and these settings use up to "
            f"{all_executions}: ask for more (Service Quotas, Lambda, Concurrent executions) or lower MaxWorkers."
        )
        yield Problem(text, fatal=False)


def name_problems(stack: str) -> Iterator[Problem]:
    """The objection to the name of a stack, from which those of tables and queues are made."""
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]{0,59}", stack):
        yield Problem(f"{stack!r} is no name of a stack: a letter, then letters, digits and hyphens, 60 at most.")


def executions(values: Mapping[str, str]) -> int:
    """How many functions run at once at most, with the requests of a few people."""
    queues = sum(int(values[name]) for name in ("MaxWorkers", "ExtractInfoConcurrency", "TaskMaxWorkers"))
    # Extractions have two queues.
    return queues + int(values["ExtractInfoConcurrency"]) + 4 * _QUEUES_OF_FOUR + API_EXECUTIONS


def affordable_workers(limit: int, values: Mapping[str, str]) -> int:
    """The most `MaxWorkers`, at least 2, that leave the other functions their places."""
    others = executions({**values, "MaxWorkers": "0"})
    return max(2, limit - others)


def gather(session: Any) -> Facts:
    """Asks this machine and AWS. `session`: of boto3."""
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, InvalidRegionError

    account = limit = None
    is_reached = True
    if session.region_name:
        try:
            account = session.client("sts").get_caller_identity()["Account"]
            limits = session.client("lambda").get_account_settings()["AccountLimit"]
            limit = limits["ConcurrentExecutions"]
        except (EndpointConnectionError, InvalidRegionError):
            is_reached = False
        except (BotoCoreError, ClientError):
            pass  # what could not be asked is None, and reported as such
    programs = {name for name in ("sam", "docker") if shutil.which(name)}
    if artifacts.interpreter(version := artifacts.python_version()):
        programs.add(f"python{version}")
    docker_runs = "docker" in programs and _succeeds("docker", "info")
    return Facts(frozenset(programs), docker_runs, account, session.region_name, limit, is_reached)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
