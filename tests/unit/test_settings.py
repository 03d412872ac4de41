"""Settings: docs/contract/system.md 10, downloads.md 9 (extractor limit), README.md."""

import base64

import boto3
import pytest
from moto import mock_aws

from dlambda.deployment import Deployment
from dlambda.environment import SettingsError, read_settings
from dlambda.settings import Settings


def test_defaults():
    made = read_settings({})
    assert (made.app_env, made.base_path, made.default_pagination, made.max_workers) == ("production", "/", 50, 20)
    assert (made.max_workers_per_extractor, made.extract_info_timeout, made.extract_info_concurrency) == (2, 70, 4)
    assert (made.host, made.port, made.download_info_expires, made.download_path_depth) == ("127.0.0.1", 8080, 10800, 2)
    assert (made.prevent_live_premiere, made.live_premiere_buffer, made.remove_files) == (True, 5, False)
    assert (made.browser_enabled, made.browser_control_enabled, made.console_enabled) == (True, False, False)
    assert made.archive_file == "/config/archive.log"
    assert not made.auth_enabled


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("TRUE", True), ("On", True), ("1", True), ("false", False), ("off", False), ("0", False)],
)
def test_booleans(text, value):
    assert read_settings({"YTP_REMOVE_FILES": text}).remove_files is value


def test_levels_of_logs():
    assert (read_settings({}).log_level, read_settings({}).log_level_file) == ("info", None)
    made = read_settings({"YTP_LOG_LEVEL": "WARNING", "YTP_LOG_LEVEL_FILE": "Debug"})
    assert (made.log_level, made.log_level_file) == ("warning", "debug")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REMOVE_FILES", "yes"), ("PREVENT_LIVE_PREMIERE", "maybe"), ("LIVE_PREMIERE_BUFFER", "five"), ("MAX_WORKERS", "0"),
        ("MAX_WORKERS", "many"), ("APP_ENV", "test"), ("STREAMER_VCODEC", "av1"), ("BASE_PATH", "x"), ("TZ", "Nowhere/City"),
        ("DEFAULT_PAGINATION", "0"), ("EXTRACT_INFO_TIMEOUT", "0"), ("PORT", "99999"),
        ("LOG_LEVEL", "loud"), ("LOG_LEVEL_FILE", "3"),
    ],
)  # fmt: skip
def test_a_bad_value_stops_the_start_and_is_named(name, text):
    with pytest.raises(SettingsError) as error:
        read_settings({f"YTP_{name}": text})
    assert name.lower() in str(error.value).lower()


def test_empty_texts_are_unset():
    assert read_settings({"YTP_MAX_WORKERS": "", "YTP_REMOVE_FILES": ""}) == read_settings({})


def test_a_name_in_braces_stands_for_that_setting():
    made = read_settings(
        {"YTP_CONFIG_PATH": "/c", "YTP_OUTPUT_TEMPLATE": "{instance_title}.x", "YTP_INSTANCE_TITLE": "T"}
    )
    assert (made.archive_file, made.output_template) == ("/c/archive.log", "T.x")


def test_an_unknown_name_in_braces_stops_the_start():
    with pytest.raises(SettingsError, match="nonsense"):
        read_settings({"YTP_ARCHIVE_FILE": "{nonsense}/x"})


@pytest.mark.parametrize(("given", "base"), [("/", "/"), ("/dl", "/dl/"), ("/dl/", "/dl/"), ("/a/b", "/a/b/")])
def test_the_base_path_ends_in_a_slash(given, base):
    assert read_settings({"YTP_BASE_PATH": given}).base_path == base


@pytest.mark.parametrize(("text", "limit"), [("3", 3), ("15", 10), ("abc", 5), ("0", 5), ("-1", 5), ("", 5), (None, 5)])
def test_limits_of_one_extractor(text, limit):
    given = {"YTP_MAX_WORKERS": "10", "YTP_MAX_WORKERS_PER_EXTRACTOR": "5"}
    if text is not None:
        given["YTP_MAX_WORKERS_FOR_SITE"] = text
    assert read_settings(given).workers_for("site") == limit


def test_the_default_limit_is_cut_as_well():
    assert read_settings({"YTP_MAX_WORKERS": "10", "YTP_MAX_WORKERS_PER_EXTRACTOR": "15"}).workers_for("site") == 10


@pytest.mark.parametrize(
    ("user", "password", "enabled"), [("u", "p", True), ("u", "", False), ("", "p", False), ("", "", False)]
)
def test_authentication_needs_both(user, password, enabled):
    given = {"YTP_AUTH_USERNAME": user, "YTP_AUTH_PASSWORD": password}
    assert read_settings(given).auth_enabled is enabled


def test_a_deployment_sets_names_of_its_own():
    made = read_settings({"DLAMBDA_TABLE_PREFIX": "t-", "DLAMBDA_WORK_DURABLE": "true", "DLAMBDA_NONSENSE": "1"})
    assert (made.table_prefix, made.work_durable) == ("t-", True)


def test_the_zone():
    assert read_settings({"TZ": "Europe/Berlin"}).zone.key == "Europe/Berlin"
    assert read_settings({"TZ": ":UTC"}).zone.key == "UTC"


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Settings().max_workers = 5


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"YTP_PORT": "abc"}, "YTP_PORT"),
        ({"PORT": "abc", "YTP_PORT": "abc"}, "PORT"),  # as local/config.py hands it on
        ({"MAX_WORKERS": "x"}, "MAX_WORKERS"),
        ({"YTP_TASK_MAX_WORKERS": "x", "MAX_WORKERS": "2"}, "YTP_TASK_MAX_WORKERS"),
        ({"DLAMBDA_ANSWER_SECONDS": "x"}, "DLAMBDA_ANSWER_SECONDS"),
        ({"TZ": "Nowhere/City"}, "TZ"),
        ({"YTP_BASE_PATH": "x"}, "YTP_BASE_PATH"),
        ({"YTP_INSTANCE_TITLE": "{nonsense}"}, "YTP_INSTANCE_TITLE"),
    ],
)
def test_a_bad_value_is_told_under_the_name_that_was_set(environ, named):
    with pytest.raises(SettingsError) as error:
        read_settings(environ)
    assert [part.partition(":")[0] for part in str(error.value).split("; ")] == [named]


STORED = {"key-arn": "a" * 43, "login-arn": "me:pass:word{", "admin-arn": "first-key"}


def fetch(name):
    try:
        return STORED[name]
    except KeyError:
        raise LookupError("ResourceNotFoundException") from None


def test_secrets_are_read_where_their_variables_point():
    names = {"SECRET_KEY_FROM": "key-arn", "LOGIN_FROM": "login-arn", "ADMIN_KEY_FROM": "admin-arn"}
    made = read_settings({f"DLAMBDA_{name}": arn for name, arn in names.items()}, fetch)
    assert (made.secret_key, len(base64.b64decode(made.secret_key))) == ("a" * 43 + "=", 32)
    assert (made.auth_username, made.auth_password, made.auth_enabled) == ("me", "pass:word{", True)
    assert made.admin_key == "first-key"


def test_no_secret_is_read_that_no_variable_names():
    asked = []
    read_settings({"DLAMBDA_LOGIN_FROM": "login-arn"}, lambda name: asked.append(name) or "me:pw")
    read_settings({"DLAMBDA_SECRET_KEY_FROM": "", "DLAMBDA_SECRET_KEY": "x"}, lambda name: asked.append(name) or "")
    assert asked == ["login-arn"]


@pytest.mark.parametrize(("stored", "enabled"), [(":", False), ("me:", False), (":pw", False), ("me:pw", True)])
def test_a_login_without_both_halves_is_none(stored, enabled):
    assert read_settings({"DLAMBDA_LOGIN_FROM": "arn"}, lambda _: stored).auth_enabled is enabled


@pytest.mark.parametrize("text", ["a" * 43, "a" * 43 + "\n", "a" * 43 + "=", "a" * 43 + "=\n"])
def test_a_secret_key_opens_what_it_sealed_after_it_was_kept_in_a_file(text: str) -> None:
    """As `--output text > secret.key` writes it, and as one machine keeps it."""
    made = read_settings({"DLAMBDA_SECRET_KEY_FROM": "arn"}, lambda _: text)
    assert base64.b64decode(made.secret_key, validate=True) == base64.b64decode("a" * 43 + "=")


def test_a_secret_that_cannot_be_read_stops_the_start():
    with pytest.raises(SettingsError, match="DLAMBDA_LOGIN_FROM: the secret 'gone' cannot be read: ResourceNotFound"):
        read_settings({"DLAMBDA_LOGIN_FROM": "gone"}, fetch)


def test_secrets_come_from_secrets_manager_once_a_process(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("secretsmanager")
        arn = client.create_secret(Name="login", SecretString="me:pw")["ARN"]
        monkeypatch.setenv("DLAMBDA_LOGIN_FROM", arn)
        deployment = Deployment()
        assert deployment.settings.auth_password == "pw"
        client.put_secret_value(SecretId=arn, SecretString="me:other")
        assert deployment.settings.auth_password == "pw"
        assert Deployment().settings.auth_password == "other"
        monkeypatch.setenv("DLAMBDA_LOGIN_FROM", "nothing")
        with pytest.raises(SettingsError, match="cannot be read: ResourceNotFoundException"):
            Deployment().settings


def test_names_of_other_servers_are_read_without_the_prefix():
    plain = {"CORS_ORIGINS": "https://a.example,https://b.example", "TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16"}
    made = read_settings(plain)
    assert (made.cors_origins, made.trusted_proxies) == (plain["CORS_ORIGINS"], plain["TRUSTED_PROXIES"])
    assert read_settings(plain | {"YTP_CORS_ORIGINS": "https://c.example"}).cors_origins == "https://c.example"
    with pytest.raises(SettingsError, match=r"CORS_ORIGINS: .*no origin"):
        read_settings({"CORS_ORIGINS": "*"})
