"""The template as a cloud takes it, and the main journey through it: docs/architecture.md, "The request path"."""

import io
import json
import time
import zipfile
from urllib.parse import quote, urljoin

import pytest

from dlambda.domain.events.event import INTERNAL, Name
from infra.indexes import steps_before, steps_with
from infra.stack import read_stack
from local import template
from tests.cloud.local_cloud import STACK, Cloud, remove, update
from tests.e2e.api import Api, Record, Reply, wait_until
from tests.e2e.credentials import basic
from tests.e2e.listener import Listener, about, payload
from tests.e2e.playback import decode
from tests.origin import Origin

pytestmark = pytest.mark.slow
DOCUMENT = template.load()
RESOURCES = DOCUMENT["Resources"]


def of_type(kind: str) -> dict[str, dict[str, object]]:
    """Logical id -> properties."""
    return {name: each.get("Properties", {}) for name, each in RESOURCES.items() if each["Type"] == kind}


def test_every_route_leads_to_its_function(cloud: Cloud) -> None:
    gateway = cloud.client("apigatewayv2")
    targets: dict[tuple[str, str], str] = {}  # API and route -> URI of its function
    for api in (cloud.resources["HttpApi"], cloud.resources["SocketApi"]):
        found = gateway.get_integrations(ApiId=api)["Items"]
        uris = {each["IntegrationId"]: each["IntegrationUri"] for each in found}
        targets |= {(api, each["RouteKey"]): uris[each["Target"].rpartition("/")[2]]
                    for each in gateway.get_routes(ApiId=api)["Items"]}  # fmt: skip
    plan = template.read()
    assert len(targets) == len(of_type("AWS::ApiGatewayV2::Route"))
    for route in plan.routes:
        key = (
            f"{route.method} {route.path}{'/{proxy+}' if route.greedy else ''}"
            if route.path or route.greedy
            else "ANY /"
        )
        assert cloud.resources[route.function.name] in targets[cloud.resources["HttpApi"], key], key


def test_a_deployed_template_is_read_back_and_no_index_changes(cloud: Cloud) -> None:
    stack = read_stack(cloud, STACK)
    assert stack is not None
    assert ([*stack.problems()], stack.is_made, stack.parameters["MaxWorkers"]) == ([], True, "20")
    deployed = stack.template
    assert deployed is not None
    assert deployed["Resources"].keys() >= of_type("AWS::DynamoDB::Table").keys()
    assert [*steps_before(deployed, DOCUMENT)] == []
    assert [*steps_with(deployed, DOCUMENT)] == [DOCUMENT]
    assert read_stack(cloud, "another") is None


def test_every_queue_wakes_its_function_and_answers_for_each_message(cloud: Cloud) -> None:
    mappings = cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    found = {each["EventSourceArn"].rpartition(f"{'dlambda'}-")[2]: each for each in mappings}
    consumers = {each.queue: each for each in template.read().consumers}
    assert found.keys() == consumers.keys()
    for queue, mapping in found.items():
        assert mapping["FunctionArn"].endswith(cloud.resources[consumers[queue].function.name])
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_rule_wakes_the_round_each_minute(cloud: Cloud) -> None:
    [rule] = [rule for rule in cloud.ask("AWSEvents.ListRules")["Rules"] if "OnSchedule" in rule["Name"]]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    [target] = cloud.ask("AWSEvents.ListTargetsByRule", Rule=rule["Name"])["Targets"]
    assert target["Arn"].endswith(cloud.resources["OnScheduleFunction"])


def test_every_function_has_a_role_with_its_own_statements(cloud: Cloud) -> None:
    functions = cloud.client("lambda")
    for name, properties in of_type("AWS::Serverless::Function").items():
        if name not in cloud.resources:  # streams are for a deployment with an adapter
            continue
        role = functions.get_function_configuration(FunctionName=cloud.resources[name])["Role"].rpartition("/")[2]
        own = cloud.ask_iam("ListRolePolicies", RoleName=role)
        policies = properties["Policies"]
        assert isinstance(policies, list)
        assert own == ["function"], name
        [text] = cloud.ask_iam("GetRolePolicy", RoleName=role, PolicyName="function")
        statements = json.loads(text)["Statement"]
        assert len(statements) > sum(len(each.get("Statement", ())) for each in policies), name
        assert "*" not in [statement["Resource"] for statement in statements], name


def test_strangers_are_asked_who_they_are(cloud: Cloud) -> None:
    """The password comes from Secrets Manager, which no variable of a function holds."""
    assert Api(cloud.http).get("/api/history").status == 401
    assert Api(cloud.http, {"Authorization": basic(password="another")}).get("/api/history").status == 401
    for name in of_type("AWS::Serverless::Function").keys() & cloud.resources.keys():
        found = cloud.client("lambda").get_function_configuration(FunctionName=cloud.resources[name])
        assert basic().partition(" ")[2] not in json.dumps(found), name


def test_settings_without_a_parameter_of_their_own_reach_the_functions(api: Api) -> None:
    app = api.get("/api/system/configuration").json()["app"]
    assert (app["instance_title"], app["max_workers"], app["default_preset"]) == ("A cloud", 3, "default")


def test_a_url_becomes_a_file_and_every_change_is_told(cloud: Cloud, api: Api, origin: Origin) -> None:
    with Listener(cloud.sockets, headers={"Authorization": basic()}) as listener:
        listener.wait("connected")
        item = api.fetch(origin.url("clip-cloud.mp4"), folder="journey")
        assert item["status"] == "finished", item
        listener.wait("item_moved")
        told = [message["event"] for message in listener.messages]
    assert [name for name in dict.fromkeys(told) if name.startswith("item_")] == [
        "item_added",
        "item_updated",
        "item_moved",
    ]
    content = origin.media("clip.mp4").read_bytes()
    found = api.get(api.download_path(item))
    assert found.status == 302
    presigned = Api("").get(found.headers["Location"])  # nobody signs in there: the address is enough
    assert (presigned.status, presigned.body) == (200, content)
    part = Api("").get(found.headers["Location"], headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, content[10:20])


def test_every_event_reaches_a_client_and_its_own_messages_arrive(cloud: Cloud, api: Api, origin: Origin) -> None:
    """Both directions, and all that a client may hear (docs/contract/websocket.md 7)."""
    first, second, failing = (
        origin.url(name) for name in ("slow/400000/clip-heard.mp4", "clip-held.mp4", "status/503/clip-heard.mp4")
    )
    with Listener(cloud.sockets, "progress=true", headers={"Authorization": basic()}) as client:
        client.wait("connected")
        client.send("add_url", {"url": first, "auto_start": False})
        client.wait("item_status")
        ids = [payload(client.wait("item_added", about(first)))["_id"]]
        api.add(second, auto_start=False)
        ids.append(payload(client.wait("item_added", about(second)))["_id"])
        api.add(second)
        client.wait("log_info", lambda message: message["data"]["title"] == "Already In Queue")
        for item_id in ids:  # their extraction has ended: they can be moved
            wait_until(lambda: api.item(item_id)["status"] == "pending", 60, lambda: str(api.everything()))  # noqa: B023
        assert api.post("/api/history/position", {"ids": ids[1:], "position": "front"}).status == 200
        client.wait("queue_reordered")
        for action in ("pause", "resume"):
            assert api.post(f"/api/system/{action}").status == 200
            client.wait(f"{action}d")
        client.send("item_start", ids[:1])
        client.wait("item_updated", about(first, auto_start=True))
        client.wait("item_progress")
        client.send("item_cancel", ids[1])
        client.wait("item_cancelled", about(second))
        client.wait("item_moved", about(first))
        client.send("item_delete", {"id": ids[0]})
        client.wait("item_deleted", about(first))
        [added] = api.add(failing).json()
        client.wait("log_warning")  # it is tried again
        client.send("item_cancel", added["_id"])
        client.wait("item_moved", about(failing))
        assert api.post("/api/history/retry", {"ids": [added["_id"]]}).status == 202
        client.wait("item_bulk_deleted")
        client.wait("log_success", lambda message: message["data"]["title"] == "History Retry Finished")
        client.send("item_cancel", "no-such-item")
        client.wait("log_error")
        preset = api.post("/api/presets", {"name": "heard", "cli": "-f best"}).json()
        assert api.request("DELETE", f"/api/presets/{preset['id']}").status == 200
        client.wait("config_update", lambda message: payload(message)["action"] == "delete")
        names = {message["event"] for message in client.messages}
    assert names == {name.value for name in Name if name not in INTERNAL}


def test_a_film_is_played_in_segments(cloud: Cloud, api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("short.mp4"), folder="played")
    name = quote(f"played/{item['filename']}")
    playlist = api.get(f"/api/player/m3u8/video/{name}.m3u8").body.decode()
    segments = [line for line in playlist.splitlines() if line and not line.startswith("#")]
    assert segments, playlist
    pieces = [api.follow("GET", urljoin("/", segment)) for segment in segments]
    assert [piece.status for piece in pieces] == [200] * len(pieces)
    assert decode(b"".join(piece.body for piece in pieces)).video_frames > 0


def test_files_are_bundled(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("clip-bundled.mp4"), folder="bundle")
    token = api.post("/api/file/download", [f"bundle/{item['filename']}"]).json()["token"]

    def fetch() -> Reply | None:
        reply = api.follow("GET", f"/api/file/download/{token}")
        return reply if reply.status == 200 else None

    bundle = wait_until(fetch, 60, lambda: token)
    with zipfile.ZipFile(io.BytesIO(bundle.body)) as archive:
        assert [archive.read(each) for each in archive.namelist()] == [origin.media("clip.mp4").read_bytes()]


def test_a_task_of_the_key_api_brings_its_file(cloud: Cloud, origin: Origin) -> None:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=cloud.outputs["AdminKeySecret"])["SecretString"]
    api = Api(cloud.http, {"X-API-Key": secret})
    made = api.post("/get_video", {"url": origin.url("short.mp4"), "output_format": "mp4"})
    assert made.status == 200, made.body
    task = made.json()["task_id"]

    def look() -> Record | None:
        status: Record = api.get(f"/status/{task}").json()
        return status if status["status"] == "completed" else None

    status = wait_until(look, 60, lambda: str(api.get(f"/status/{task}").json()))
    assert decode(api.follow("GET", status["file"]).body).video_frames > 0


def test_a_task_that_is_due_is_found_by_the_round(cloud: Cloud, api: Api, origin: Origin) -> None:
    """The rule's target is called, since its minute is long, for a task whose time has come."""
    feed = origin.url("watched/cloud.rss")
    origin.publish("cloud", 1)
    made = api.post("/api/tasks", {"name": "cloud", "url": feed, "timer": "0 5 1 1 *", "folder": "watched"})
    assert made.status == 200, made.body
    [task] = [each for each in api.get("/api/tasks").json()["items"] if each["url"] == feed]
    cloud.client("dynamodb").update_item(
        TableName="dlambda-runs",
        Key={"task_id": {"N": str(task["id"])}},
        UpdateExpression="SET next_run = :now",
        ExpressionAttributeValues={":now": {"N": str(int(time.time()) - 1)}},
    )
    cloud.invoke("OnScheduleFunction")
    found = wait_until(
        lambda: [each for each in api.listed("done")["items"] if each["folder"] == "watched"], 60,
        lambda: f"{api.everything()} {api.get('/api/tasks').body!r}",
    )  # fmt: skip
    assert found[0]["status"] == "finished"


def test_a_download_that_takes_longer_than_its_function_may_is_handed_over(
    cloud: Cloud, api: Api, origin: Origin
) -> None:
    content = origin.media("clip.mp4").read_bytes()
    url = origin.url(f"slow/{len(content) // 14}/clip-long.mp4")
    item = api.fetch(url, seconds=120)
    assert item["status"] == "finished", item
    assert api.file_of(item) == content
    assert len(cloud.logged("downloading", item_id=item["_id"])) > 1


def test_the_rule_has_woken_the_round_by_itself(cloud: Cloud) -> None:
    """Its minute has passed meanwhile."""
    called = cloud.invoked.count("OnScheduleFunction")
    wait_until(lambda: cloud.rounds() > called, 90, lambda: f"{cloud.rounds()} rounds, of which tests called {called}")


def test_it_is_ready(api: Api) -> None:
    reply = api.get("/api/system/ready")
    assert (reply.status, reply.json()["status"]) == (200, "ok"), reply.body


def test_an_update_changes_what_was_named_and_nothing_else(cloud: Cloud, api: Api) -> None:
    count = api.listed("done")["pagination"]["total"]
    update(cloud, {"MaxWorkersPerExtractor": "7", "Settings": "YTP_INSTANCE_TITLE=Another"})
    app = api.get("/api/system/configuration").json()["app"]
    assert (app["instance_title"], app["max_workers"], app["max_workers_per_extractor"]) == ("Another", 20, 7)
    assert api.listed("done")["pagination"]["total"] == count


def test_a_function_without_a_password_refuses(cloud: Cloud) -> None:
    """The template's rule stops `sam deploy`; this is what a stack does that was made in another way."""
    functions, name = cloud.client("lambda"), cloud.resources["ArchiverFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    assert variables.pop("DLAMBDA_LOGIN_FROM")
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    reply = Api(cloud.http).get("/api/archiver")
    assert (reply.status, "AllowOpen=true" in reply.json()["error"]) == (503, True)


def test_nothing_of_a_deleted_stack_runs_on(cloud: Cloud) -> None:
    """The last test of this file: the stack is gone afterwards."""
    remove(cloud)
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []
    assert cloud.ask("AWSEvents.ListRules")["Rules"] == []
