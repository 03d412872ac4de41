"""What a deployment needs of the machine and of the account, found out before it begins: `make deploy`."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

# What the API and the minute's round need beside downloads, extractions and tasks.
API_EXECUTIONS: Final = 20
_QUEUES_OF_FOUR: Final = 5  # notify, task, sweep, files, socket: four each


@dataclass(frozen=True, slots=True)
class Facts:
    """`concurrent_executions`: of the account in the region; None when it could not be asked."""

    programs: frozenset[str]  # of sam, docker, npm
    docker_runs: bool
    account: str | None
    region: str | None
    concurrent_executions: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A missing prerequisite and its remedy; one that is not `fatal` is printed, and the deployment goes on."""

    text: str
    fatal: bool = True


def problems(facts: Facts, parameters: Mapping[str, str]) -> Iterator[Problem]:
    """The problems that prevent a deployment with these parameters of the template."""
    if "sam" not in facts.programs:
        yield Problem("SAM CLI is missing: uv tool install aws-sam-cli")
    if not facts.docker_runs:
        said = "does not run" if "docker" in facts.programs else "is missing"
        yield Problem(f"Docker {said}: functions with yt-dlp or ffmpeg are container images, which it builds.")
    if facts.region is None:
        yield Problem("No region is chosen: set AWS_REGION, or run `aws configure`.")
    if facts.account is None:
        yield Problem("No credentials of AWS that work: run `aws configure` or `aws sso login`, or set AWS_PROFILE.")
    if not has_login(parameters):
        yield Problem("Everyone on the internet reaches this service: name a user and a password, or a provider.")
    if facts.concurrent_executions is not None:
        needed = executions(parameters)
        most = affordable_workers(facts.concurrent_executions, parameters)
        if int(parameters["MaxWorkers"]) > most:
            yield Problem(f"MaxWorkers={most} is the most that leaves the API its places; ask for more executions.")
        elif facts.concurrent_executions < needed:
            text = (
                f"The account runs {facts.concurrent_executions} functions at once in this region, and these settings "
                f"use up to {needed}: ask for more (Service Quotas, Lambda, Concurrent executions) or lower MaxWorkers."
            )
            yield Problem(text, fatal=False)


def has_login(parameters: Mapping[str, str]) -> bool:
    """As the template's rule `PasswordOrAllowOpen` has it."""
    pairs = (("AuthUsername", "AuthPassword"), ("OidcIssuer", "OidcClientId"))
    return parameters.get("AllowOpen") == "true" or any(all(parameters.get(name) for name in pair) for pair in pairs)


def executions(parameters: Mapping[str, str]) -> int:
    """How many functions run at once at most, with the requests of a few people."""
    queues = sum(int(parameters[name]) for name in ("MaxWorkers", "ExtractInfoConcurrency", "TaskMaxWorkers"))
    # Extractions have two queues.
    return queues + int(parameters["ExtractInfoConcurrency"]) + 4 * _QUEUES_OF_FOUR + API_EXECUTIONS


def affordable_workers(limit: int, parameters: Mapping[str, str]) -> int:
    """The most `MaxWorkers`, at least 2, that leave the other functions their places."""
    others = executions({**parameters, "MaxWorkers": "0"})
    return max(2, limit - others)


def gather(session: Any) -> Facts:
    """Asks this machine and AWS. `session`: of boto3."""
    from botocore.exceptions import BotoCoreError, ClientError

    account = limit = None
    if session.region_name:
        try:
            account = session.client("sts").get_caller_identity()["Account"]
            limits = session.client("lambda").get_account_settings()["AccountLimit"]
            limit = limits["ConcurrentExecutions"]
        except (BotoCoreError, ClientError):
            pass  # what could not be asked is None, and told as such
    programs = frozenset(name for name in ("sam", "docker") if shutil.which(name))
    return Facts(programs, "docker" in programs and _succeeds("docker", "info"), account, session.region_name, limit)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
