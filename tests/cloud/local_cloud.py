"""A cloud on this machine (ministack), and the stack of `template.yaml` deployed into it.

The engine runs functions as processes of this Python, whose packages they use. What it cannot show: infra/README.md.
"""

import io
import json
import os
import secrets
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

import boto3

from infra import artifacts
from infra.image_template import image_functions
from infra.roles import with_roles
from local import template
from tests.free_port import answers, free_port
from tests.patience import PATIENCE_SECONDS

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
STACK = "dlambda"
_SERVICES = "apigateway,cloudformation,cloudwatch,dynamodb,events,iam,lambda,logs,s3,secretsmanager,sns,sqs,ssm,sts"
_OWN = ("AWS_", "DLAMBDA_", "YTP_")
_CODE_BUCKET = "code"
_UNKNOWN = "AWS::Logs::MetricFilter"  # to the engine
_IAM_NAMES = frozenset({"PolicyArn", "member", "PolicyDocument"})


@dataclass(frozen=True)
class Cloud:
    """A running engine at `endpoint`, and the outputs and resources of the stack that is deployed there."""

    endpoint: str
    resources: Mapping[str, str]  # logical id -> physical id
    outputs: Mapping[str, str]
    invoked: list[str] = field(default_factory=list)
    """Logical ids of functions, once for each time that a test called one by itself."""

    def client(self, service: str) -> Any:
        """A client of one service of the engine."""
        return boto3.client(service, endpoint_url=self.endpoint, **KEYS)  # type: ignore[call-overload]  # any name

    def ask(self, target: str, **fields: Any) -> Any:
        """Asks a service whose description we do not install (docs/decisions/installation-size.md), in JSON:
        `AWSEvents.ListRules`."""
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"} | _signed("events")
        request = Request(self.endpoint, json.dumps(fields).encode(), headers)
        with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.loads(answer.read())

    def ask_iam(self, action: str, **fields: str) -> list[str]:
        """Asks for a list of names, or for a policy document."""
        body = urlencode({"Action": action, "Version": "2010-05-08", **fields}).encode()
        with urlopen(Request(self.endpoint, body, _signed("iam")), timeout=PATIENCE_SECONDS) as answer:
            elements = ET.fromstring(answer.read()).iter()
        return [unquote(each.text or "") for each in elements if each.tag.partition("}")[2] in _IAM_NAMES]

    def logged(self, message: str, **fields: str) -> list[dict[str, Any]]:
        """The lines of the functions' log with this message and these fields."""
        return [line for line in self._log() if line.items() >= {"message": message, **fields}.items()]

    def rounds(self) -> int:
        """How many of the minute's rounds have counted how things stand."""
        return sum("history_items" in line for line in self._log())

    def _log(self) -> list[dict[str, Any]]:
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{STACK}")
        messages = (event["message"] for page in pages for event in page["events"])
        return [json.loads(message) for message in messages if message.startswith("{")]

    @property
    def http(self) -> str:
        """Where the HTTP API answers: its path at the engine, since names below `localhost` may not be resolved."""
        return f"{self.endpoint}/_aws/execute-api/{self.resources['HttpApi']}/$default"

    @property
    def sockets(self) -> str:
        """Where `/ws` answers."""
        return f"{self.endpoint}/_aws/execute-api/{self.resources['SocketApi']}"

    def invoke(self, function: str) -> Any:
        """Calls a function by its logical id, as the rule of a schedule does; its answer."""
        self.invoked.append(function)
        answer = self.client("lambda").invoke(FunctionName=self.resources[function], Payload=b"{}")
        payload = json.loads(answer["Payload"].read() or b"null")
        assert "FunctionError" not in answer, payload
        return payload


@contextmanager
def engine(folder: Path) -> Iterator[Cloud]:
    """Starts the engine with its files in `folder`; ends it, and the functions' processes, behind the block."""
    port = free_port()
    environ = {name: text for name, text in os.environ.items() if not name.startswith(_OWN)}
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "SERVICES": _SERVICES,
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "ministack")],
            env=environ | settings,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
        )
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while not answers(port):
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.05)
        yield Cloud(f"http://127.0.0.1:{port}", {}, {})
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


@dataclass(frozen=True)
class Machine:
    """What differs on this machine: scratch files go to `folder`, ffmpeg and deno lie in `tools` in place of a layer or
    an image, and some functions end sooner (`timeouts`: seconds by logical id)."""

    folder: Path
    tools: Path
    timeouts: Mapping[str, int]


def deploy(cloud: Cloud, machine: Machine, parameters: Mapping[str, str]) -> Cloud:
    """Creates the stack."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=_CODE_BUCKET)
    s3.put_object(Bucket=_CODE_BUCKET, Key="functions.zip", Body=_functions(machine.folder))
    s3.put_object(Bucket=_CODE_BUCKET, Key="layer.zip", Body=_zip({"bin/README": b"The tools lie beside the engine."}))
    formation = cloud.client("cloudformation")
    formation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(_packaged(cloud, machine)),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )
    stack = _settled(formation)
    events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", [each for each in events if "FAILED" in each["ResourceStatus"]]
    summaries = formation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = {each["LogicalResourceId"]: each["PhysicalResourceId"]
                 for page in summaries for each in page["StackResourceSummaries"]}  # fmt: skip
    return replace(
        cloud,
        resources=resources,
        outputs={output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
    )


def update(cloud: Cloud, parameters: Mapping[str, str]) -> None:
    """Gives parameters of the stack other values; all else stays."""
    formation = cloud.client("cloudformation")
    names = [each["ParameterKey"] for each in formation.describe_stacks(StackName=STACK)["Stacks"][0]["Parameters"]]
    formation.update_stack(
        StackName=STACK,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": parameters[name]}
            if name in parameters
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in names
        ],
    )
    assert _settled(formation)["StackStatus"] == "UPDATE_COMPLETE"


def remove(cloud: Cloud) -> None:
    """Deletes the stack; what outlives it (`DeletionPolicy: Retain`) stays."""
    formation = cloud.client("cloudformation")
    formation.delete_stack(StackName=STACK)
    end = time.monotonic() + PATIENCE_SECONDS
    while any(each["StackName"] == STACK and each["StackStatus"] != "DELETE_COMPLETE"
              for each in formation.list_stacks()["StackSummaries"]):  # fmt: skip
        assert time.monotonic() < end, "the stack is still there"
        time.sleep(0.1)


def _settled(formation: Any) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while (stack := formation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"].endswith("IN_PROGRESS"):
        assert time.monotonic() < end, stack
        time.sleep(0.1)
    return stack


def _packaged(cloud: Cloud, machine: Machine) -> dict[str, Any]:
    """The template as `sam package` leaves it, but for what differs here."""
    document = template.load()
    with_tools = image_functions(document)
    shared = document["Globals"]["Function"]
    shared["CodeUri"] = f"s3://{_CODE_BUCKET}/functions.zip"
    shared["Environment"]["Variables"] |= {
        "DLAMBDA_SOCKET_ENDPOINT": {"Fn::Sub": f"{cloud.endpoint}/_aws/execute-api/${{SocketApi}}/ws"},
        "DLAMBDA_WORK_DIR": str(machine.folder / "work"),
    }
    document["Resources"] = {name: each for name, each in document["Resources"].items() if each["Type"] != _UNKNOWN}
    resources = document["Resources"]
    for layer in (each for each in resources.values() if each["Type"] == "AWS::Serverless::LayerVersion"):
        layer["Properties"]["ContentUri"] = f"s3://{_CODE_BUCKET}/layer.zip"
    for secret in (each["Properties"] for each in resources.values() if each["Type"] == "AWS::SecretsManager::Secret"):
        if secret.pop("GenerateSecretString", None):  # the engine does not exclude punctuation
            # As the template's: with a "=", the base64 of 32 bytes.
            secret["SecretString"] = secrets.token_hex(32)[:43]
    for name in with_tools:
        properties = resources[name]["Properties"]
        variables = properties.get("Environment", {}).get("Variables", {})
        properties["Environment"] = {"Variables": variables | {"DLAMBDA_TOOLS_DIR": str(machine.tools)}}
    for name, seconds in machine.timeouts.items():
        resources[name]["Properties"]["Timeout"] = seconds
    return with_roles(document)


def _signed(service: str) -> dict[str, str]:
    """What tells the engine the service of a request; it checks no signature."""
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"}


def _functions(folder: Path) -> bytes:
    """The functions as they are deployed, compiled for this Python."""
    code = folder / "code"
    artifacts.copy_code(code)
    artifacts.compile_folder(code, sys.executable, "/var/task")
    return artifacts.pack(code, folder / "functions.zip").path.read_bytes()


def _zip(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
