"""Folders, routes and template say the same."""

import json
import re
import tomllib

import pytest

from dlambda.domain.dialects.registry import DIALECTS, split_path
from dlambda.domain.dialects.registry import ROOT as ROOT_DIALECT
from local import template

ROOT = template.ROOT
DOCUMENT = template.load()
PLAN = template.read()
FUNCTIONS = {
    name: each["Properties"]
    for name, each in DOCUMENT["Resources"].items()
    if each["Type"] == "AWS::Serverless::Function" and "FunctionUrlConfig" not in each["Properties"]
}
FOLDERS = {
    f"{package}.{path.parent.name}"
    for package in ("endpoints", "events")
    for path in (ROOT / "functions" / package).glob("*/__init__.py")
}


def of_type(kind):
    return {name: each["Properties"] for name, each in DOCUMENT["Resources"].items() if each["Type"] == kind}


def test_every_function_folder_is_deployed_and_nothing_else():
    assert {each["Handler"].removesuffix(".main.lambda_handler") for each in FUNCTIONS.values()} == FOLDERS


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_is_named_after_its_folder(name):
    _package, folder, module, attribute = FUNCTIONS[name]["Handler"].split(".")
    assert name == "".join(part.title() for part in folder.split("_")) + "Function"
    assert (module, attribute) == ("main", "lambda_handler")


def test_import_rules_cover_every_package():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
    assert set(rules["root_packages"]) == packages == {"dlambda", "endpoints", "events"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_woken_by_something(name):
    function = FUNCTIONS[name]
    called = {route.function.name for route in PLAN.routes} | {PLAN.socket.name}
    assert name in called or function.get("Events")


@pytest.mark.parametrize("name", sorted({route.function.name for route in PLAN.routes} | {PLAN.socket.name}))
def test_the_api_may_call_every_function_that_it_routes_to(name):
    permissions = {each["FunctionName"]["Ref"] for each in of_type("AWS::Lambda::Permission").values()}
    assert name in permissions


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_states_what_it_may_do(name):
    assert "Policies" in FUNCTIONS[name]


def test_no_policy_allows_everything():
    for policy in of_type("AWS::IAM::ManagedPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                assert "*" not in action
            assert statement["Resource"] != "*"


@pytest.mark.parametrize("consumer", PLAN.consumers, ids=lambda each: each.queue)
def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(consumer):
    queue = next(each for each in PLAN.queues if each.name == consumer.queue)
    assert queue.visibility_seconds >= 6 * consumer.function.timeout_seconds


@pytest.mark.parametrize("consumer", PLAN.consumers, ids=lambda each: each.queue)
def test_a_message_that_fails_five_times_is_kept_and_heard_of(consumer):
    queue = next(each for each in PLAN.queues if each.name == consumer.queue)
    assert (queue.dead_letters, queue.max_receives) == (f"{queue.name}-dead", 5)
    alarm = DOCUMENT["Resources"][f"{consumer.queue.title()}DeadAlarm"]["Properties"]
    assert alarm["Dimensions"][0]["Value"]["Fn::GetAtt"] == f"{consumer.queue.title()}DeadQueue.QueueName"


def test_a_round_of_the_minute_that_fails_is_heard_of():
    scheduled = [name for name, function in FUNCTIONS.items() if "Minute" in function.get("Events", {})]
    alarm = of_type("AWS::CloudWatch::Alarm")["RoundAlarm"]
    assert [each["Value"]["Ref"] for each in alarm["Dimensions"]] == scheduled
    assert (alarm["MetricName"], alarm["EvaluationPeriods"]) == ("Errors", 3)


@pytest.mark.parametrize("name", sorted(of_type("AWS::CloudWatch::Alarm")))
def test_an_alarm_says_what_to_do(name):
    """It goes to the topic, and names a section of the runbook."""
    alarm = of_type("AWS::CloudWatch::Alarm")[name]
    assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic"
    description = alarm["AlarmDescription"]
    text = description["Fn::Sub"] if isinstance(description, dict) else description
    assert name.endswith(text.rpartition("docs/runbook.md, ")[2])
    assert f"\n## {text.rpartition(', ')[2]}\n" in (ROOT / "docs" / "runbook.md").read_text()


def test_what_costs_by_the_month_is_made_for_those_who_ask():
    observed = {"Ref": "Observability"}
    assert DOCUMENT["Conditions"]["IsObserved"] == {"Fn::Equals": [observed, "full"]}
    assert DOCUMENT["Parameters"]["Observability"]["Default"] == "basic"
    conditions = {
        "AWS::CloudWatch::Alarm": "HasAlarms",
        "AWS::Logs::MetricFilter": "HasAlarms",
        "AWS::CloudWatch::Dashboard": "IsObserved",
    }
    for name, resource in DOCUMENT["Resources"].items():
        if resource["Type"] in conditions:
            assert resource["Condition"] == conditions[resource["Type"]], name


def test_the_dashboard_can_be_read():
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[A-Za-z:]+\}", "x", body))["widgets"]
    assert {each["properties"]["title"] for each in widgets} >= {
        "Items by state",
        "Failures by kind",
        "Failures by site",
    }


def test_queue_functions_report_failures_one_by_one():
    for function in FUNCTIONS.values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_downloads_come_one_by_one():
    assert next(each for each in PLAN.consumers if each.queue == "download").batch_size == 1


def test_every_queue_has_a_function():
    assert {queue.name for queue in PLAN.queues if queue.dead_letters} == {each.queue for each in PLAN.consumers}


@pytest.mark.parametrize("name", sorted(of_type("AWS::DynamoDB::Table")))
def test_tables_can_be_restored_and_are_encrypted(name):
    table = of_type("AWS::DynamoDB::Table")[name]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_bucket_is_private_and_forgets_what_is_temporary():
    (bucket,) = of_type("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    prefixes = {rule.get("Prefix") for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert {"cache/", "zips/", "resume/"} <= prefixes


def test_settings_of_the_deployment_exist():
    from dlambda.environment import PART_VARIABLES
    from dlambda.settings import Settings

    names = DOCUMENT["Globals"]["Function"]["Environment"]["Variables"].keys() - PART_VARIABLES
    names -= {"PYDANTIC_DISABLE_PLUGINS"}
    known = {re.sub("^(YTP|DLAMBDA)_", "", name).lower() for name in names}
    assert known <= set(Settings.model_fields)


def test_a_group_with_a_route_has_a_folder_of_the_urls_noun():
    """`/api/history/...` is answered by functions/endpoints/history; what differs is listed here."""
    exceptions = {
        "dev": "system",
        "yt-dlp": "ytdlp",
        "ping": "system",
        "docs": "system",
        "stats": "system",
        "download": "file",
        "thumbnail": "images",
        "random": "images",
    }
    for route in PLAN.routes:
        if split_path(f"{route.path}/")[0] != ROOT_DIALECT:
            continue
        if not route.path.startswith("/api/"):
            # the key API has paths of its own, documents also answer at the root, and the page has what is left
            assert route.function.module in {"endpoints.keys.main", "endpoints.system.main", "endpoints.page.main"}
            continue
        parts = route.path.split("/")
        if parts[1] != "api":  # documents and metrics
            assert route.function.module == "endpoints.system.main"
            continue
        noun = parts[2]
        assert route.function.module == f"endpoints.{exceptions.get(noun, noun.replace('-', '_'))}.main"


@pytest.mark.parametrize("name", DIALECTS)
def test_everything_is_reached_below_each_dialects_path(name):
    api = [route for route in PLAN.routes if route.function.module != "endpoints.page.main"]  # the page is ours alone
    routes = {(route.method, route.path, route.greedy): route.function for route in api}
    at_root = {key: function for key, function in routes.items() if split_path(f"{key[1]}/")[0] == ROOT_DIALECT}
    below = {(method, f"/{name}{path}", greedy): function for (method, path, greedy), function in at_root.items()}
    assert below.items() <= routes.items()
    assert len(routes) == len(at_root) * (1 + len(DIALECTS)) < 300  # as many as an API may have


def test_loops_are_expanded_before_the_serverless_transform():
    """CloudFormation applies transforms in the order of the list, and SAM knows no loops."""
    [transforms] = re.findall(r"^Transform: \[(.+?)\]", template.TEMPLATE.read_text(), re.MULTILINE)
    assert transforms.split(", ") == ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]


@pytest.mark.parametrize("key", [each["RouteKey"] for each in of_type("AWS::ApiGatewayV2::Route").values()])
def test_no_route_ends_with_a_slash(key):
    """API Gateway refuses such a key; what ends with a slash is answered by the greedy route."""
    assert not key.endswith("/") or key == "ANY /"


def test_what_streams_serves_a_group_that_exists():
    """The same applications, behind function URLs: docs/decisions/streams.md."""
    streams = [each for each in of_type("AWS::Serverless::Function").values() if "FunctionUrlConfig" in each]
    assert streams
    for each in streams:
        assert (ROOT / "functions" / each["Handler"]).stat().st_mode & 0o111
        folder, _, module = each["Environment"]["Variables"]["DLAMBDA_SERVE"].rpartition(".")
        assert (folder in FOLDERS, module) == (True, "main")
        assert each["FunctionUrlConfig"]["InvokeMode"] == "RESPONSE_STREAM"
