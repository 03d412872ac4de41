"""The template as a cloud takes it: deployed to a local engine of the whole cloud, whose functions then answer."""

import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import boto3
import pytest

from local import engines, template

pytestmark = pytest.mark.slow
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
SERVICES = "apigateway,cloudformation,cloudwatch,dynamodb,events,iam,lambda,logs,s3,secretsmanager,sns,sqs,ssm,sts"


def archive() -> bytes:
    """The functions as SAM would package them; their packages are those of the engine's own Python."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in (template.ROOT / "functions").rglob("*.*"):
            if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path):
                file.write(path, path.relative_to(template.ROOT / "functions"))
    return packed.getvalue()


def packaged() -> str:
    document = template.load()
    document["Globals"]["Function"]["CodeUri"] = "s3://code/functions.zip"
    document["Resources"]["FfmpegLayer"]["Properties"]["ContentUri"] = "s3://code/layer.zip"
    return json.dumps(document)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """The engine's endpoint."""
    port, folder = engines.free_port(), tmp_path_factory.mktemp("cloud")
    environ = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "DLAMBDA_", "YTP_"))}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "ministack")],
            env=environ
            | {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "localhost", "SERVICES": SERVICES}
            | {"IOT_MTLS_ENABLED": "0", "PYTHONPATH": str(template.ROOT / "functions"), "TMPDIR": str(folder)}
            | {"STATE_DIR": str(folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
        )
    try:
        deadline = time.monotonic() + 60
        while not engines.answers(port):
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


@pytest.fixture(scope="module")
def stack(cloud):
    """The deployed stack's outputs."""
    s3 = boto3.client("s3", endpoint_url=cloud, **KEYS)
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="functions.zip", Body=archive())
    with zipfile.ZipFile(layer := io.BytesIO(), "w") as file:
        file.writestr("bin/ffmpeg", "")
    s3.put_object(Bucket="code", Key="layer.zip", Body=layer.getvalue())
    formation = boto3.client("cloudformation", endpoint_url=cloud, **KEYS)
    formation.create_stack(
        StackName="dlambda",
        TemplateBody=packaged(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": "AllowOpen", "ParameterValue": "true"}],
    )
    deadline = time.monotonic() + 60
    while (found := formation.describe_stacks(StackName="dlambda")["Stacks"][0])["StackStatus"].endswith("IN_PROGRESS"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    events = formation.describe_stack_events(StackName="dlambda")["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    assert found["StackStatus"] == "CREATE_COMPLETE", failed
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def test_every_route_of_the_template_is_there(cloud, stack):
    gateway = boto3.client("apigatewayv2", endpoint_url=cloud, **KEYS)
    keys = {
        route["RouteKey"]
        for api in gateway.get_apis()["Items"]
        for route in gateway.get_routes(ApiId=api["ApiId"])["Items"]
    }
    assert keys == {
        each["Properties"]["RouteKey"]
        for each in template.load()["Resources"].values()
        if each["Type"] == "AWS::ApiGatewayV2::Route"
    }


def test_every_queue_wakes_its_function(cloud, stack):
    mappings = boto3.client("lambda", endpoint_url=cloud, **KEYS).list_event_source_mappings()["EventSourceMappings"]
    assert {each["EventSourceArn"].rpartition("-")[2] for each in mappings} == {
        each.queue for each in template.read().consumers
    }


@pytest.mark.parametrize("path", ["/api/ping", "/api/history?type=queue"])
def test_a_deployed_function_answers(cloud, stack, path):
    host = stack["ApiUrl"].removeprefix("http://")
    request = urllib.request.Request(cloud + path, headers={"Host": host})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        assert json.loads(answer.read()).keys() & {"status", "pagination"}


def test_without_a_password_a_function_that_was_deployed_by_hand_refuses(cloud, stack):
    """The template's rule stops `sam deploy`; this is what a stack does that was made without it."""
    functions = boto3.client("lambda", endpoint_url=cloud, **KEYS)
    names = [each["FunctionName"] for each in functions.list_functions(MaxItems=1000)["Functions"]]
    [name] = [each for each in names if "SystemFunction" in each]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    assert (variables["YTP_ALLOW_OPEN"], variables.get("YTP_AUTH_PASSWORD", "")) == ("true", "")
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | {"YTP_ALLOW_OPEN": "false"}}
    )
    request = urllib.request.Request(cloud + "/api/ping", headers={"Host": stack["ApiUrl"].removeprefix("http://")})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=30)
    with refusal.value as answer:
        assert answer.code == 503
        assert "AllowOpen=true" in json.loads(answer.read())["error"]
