"""Settings that can be read and cannot work: docs/contract/system.md 10."""

import re
from pathlib import Path

import pytest

from dlambda.domain.system.default_preset import missing_preset
from dlambda.environment import IGNORED_SETTINGS, SettingsError, read_settings
from dlambda.setting_checks import find_problems
from dlambda.setting_checks.names import check_names, check_plain_names

ROOT = Path(__file__).parents[2]


def problems(environ):
    return [
        (problem.variable, problem.text, problem.fatal) for problem in find_problems(environ, read_settings(environ))
    ]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("YTP_MAX_WORKER", "YTP_MAX_WORKERS"),
        ("YTP_MAXWORKERS", "YTP_MAX_WORKERS"),
        ("YTP_WORKERS", "YTP_MAX_WORKERS"),
        ("YTP__MAX_WORKERS", "YTP_MAX_WORKERS"),
        ("ytp_max_workers", "YTP_MAX_WORKERS"),
        ("Ytp_Max_Workers", "YTP_MAX_WORKERS"),
        ("YTP-MAX-WORKERS", "YTP_MAX_WORKERS"),
        ("YPT_MAX_WORKERS", "YTP_MAX_WORKERS"),
        ("YT_MAX_WORKERS", "YTP_MAX_WORKERS"),
        ("YTP_TEMPLATE_OUTPUT", "YTP_OUTPUT_TEMPLATE"),
        ("YTP_LOGLEVEL", "YTP_LOG_LEVEL"),
        ("YTP_TIMEZONE", "YTP_TZ"),
        ("YTP_DATA_DIR", "DATA_DIR"),
        ("YTP_CONSOLE_ENABLE", "YTP_CONSOLE_ENABLED"),
        ("YTP_ALLOW_INTERNAL_URL", "YTP_ALLOW_INTERNAL_URLS"),
        ("YTP_IGNORE_UIS", "YTP_IGNORE_UI"),
        ("DLAMBDA_BUCKT", "DLAMBDA_BUCKET"),
        ("DLAMBDA_SECRETKEY", "DLAMBDA_SECRET_KEY"),
        ("DLAMDA_BUCKET", "DLAMBDA_BUCKET"),
        ("dlambda_bucket", "DLAMBDA_BUCKET"),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest_right_one(name, nearest):
    assert problems({name: "5"}) == [(name, f"is no setting; did you mean {nearest}?", False)]


@pytest.mark.parametrize("name", ["FTP_HOST", "NTP_PORT", "HTTP_PORT", "PYTHONPATH"])
def test_variables_of_other_programs_are_theirs(name):
    assert problems({name: "5"}) == []


@pytest.mark.parametrize(
    "name", ["YTP_AUTH_USERNAM", "YTP_USERNAME", "ytp_auth_password", "YTP_PASSWORD", "YTP_SANDBX", "YTP_DISABLE_AUHT"]
)
def test_a_misspelt_protection_stops_the_start(name):
    assert [fatal for _, _, fatal in problems({name: "x"})] == [True]


def test_a_name_like_no_setting_is_told_without_advice():
    text = "is no setting of this version, and has no effect"
    assert problems({"YTP_QWERTZ": "5", "DLAMBDA_QWERTZ": "1"}) == [
        ("DLAMBDA_QWERTZ", text, False),
        ("YTP_QWERTZ", text, False),
    ]


def test_names_of_settings_and_of_other_programs_are_no_problem():
    settings = [
        "YTP_MAX_WORKERS",
        "YTP_max_workers",
        "DLAMBDA_BUCKET",
        "DLAMBDA_NUDGE_SOCKET",
        "YTP_MAX_WORKERS_FOR_SITE",
    ]
    others = ["HTTP_PROXY", "PORT", "TZ", "MAX_WORKERS", "YTDL", "YTP", "PATH", "TYPE_HOST", "AWS_REGION", "DATA_DIR"]
    ignored = [f"YTP_{name.upper()}" for name in IGNORED_SETTINGS]
    environ = dict.fromkeys([*settings, *others, *ignored], "5") | {"TZ": "UTC"}
    assert problems(environ) == []


def test_no_variable_that_a_deployment_sets_is_a_problem():
    sources = [ROOT / "template.yaml", *(ROOT / "local").rglob("*.py"), *(ROOT / "infra").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    names = set(re.findall(r"\b(?:DLAMBDA|YTP)_[A-Z][A-Z_]*[A-Z]\b", text))
    assert {"DLAMBDA_LOGIN_FROM", "DLAMBDA_NUDGE_SOCKET", "YTP_MAX_WORKERS"} <= names
    assert list(check_names(names)) == []


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("HOST", "YTP_HOST"),
        ("AUTH_PASSWORD", "YTP_AUTH_PASSWORD"),
        ("log_level", "YTP_LOG_LEVEL"),
        ("DATADIR", "DATA_DIR"),
        ("data_dir", "DATA_DIR"),
        ("port", "YTP_PORT"),
    ],
)
def test_a_file_of_settings_holds_no_names_without_the_prefix(name, nearest):
    assert [str(problem) for problem in check_plain_names([name])] == [
        f"{name}: is no setting; did you mean {nearest}?"
    ]


def test_names_that_are_read_without_the_prefix_are_no_problem():
    assert not list(check_plain_names(["PORT", "TZ", "DATA_DIR", "MAX_WORKERS", "REQUEST_LIMIT", "HTTP_PROXY", "PUID"]))


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        (
            {"YTP_AUTH_USERNAME": "a"},
            "YTP_AUTH_USERNAME: has no effect without YTP_AUTH_PASSWORD: everyone would get in",
        ),
        (
            {"YTP_AUTH_PASSWORD": "a"},
            "YTP_AUTH_PASSWORD: has no effect without YTP_AUTH_USERNAME: everyone would get in",
        ),
        (
            {"YTP_OUTPUT_TEMPLATE": "%(title"},
            'YTP_OUTPUT_TEMPLATE: Template "%(title" is not valid: incomplete format key.',
        ),
        (
            {"YTP_OUTPUT_TEMPLATE_CHAPTER": "../%(title)s"},
            'YTP_OUTPUT_TEMPLATE_CHAPTER: Template "../%(title)s" must resolve inside the base download folder "/downloads".',
        ),
        (
            {"YTP_OUTPUT_TEMPLATE": "/etc/%(title)s"},
            'YTP_OUTPUT_TEMPLATE: Template "/etc/%(title)s" must resolve inside the base download folder "/downloads".',
        ),
        (
            {"YTP_TASKS_HANDLER_TIMER": "15 25 * * *"},
            "YTP_TASKS_HANDLER_TIMER: '15 25 * * *' is no timer, such as 15 */1 * * *: Bad hour",
        ),
        ({"YTP_DOWNLOAD_PATH": "downloads"}, "YTP_DOWNLOAD_PATH: 'downloads' is no absolute path, such as /downloads"),
        ({"YTP_TEMP_PATH": "/a/../b"}, "YTP_TEMP_PATH: '/a/../b' is no absolute path, such as /downloads"),
        ({"YTP_CONFIG_PATH": "~/c"}, "YTP_CONFIG_PATH: '~/c' is no absolute path, such as /downloads"),
        (
            {"YTP_OIDC_ISSUER": "https://login.example"},
            "YTP_OIDC_ISSUER: has no effect without YTP_OIDC_CLIENT_ID: nobody could sign in there",
        ),
        (
            {"YTP_OIDC_CLIENT_ID": "dlambda"},
            "YTP_OIDC_CLIENT_ID: has no effect without YTP_OIDC_ISSUER: nobody could sign in there",
        ),
        (
            {"YTP_OIDC_ISSUER": "login.example", "YTP_OIDC_CLIENT_ID": "dlambda"},
            "YTP_OIDC_ISSUER: 'login.example' is no web address, such as https://login.example/realms/home",
        ),
        (
            {"YTP_AUTH_PROXY_HEADER": "Remote-User"},
            "YTP_AUTH_PROXY_HEADER: counts from trusted proxies alone, and YTP_TRUSTED_PROXIES names none",
        ),
        ({"DLAMBDA_SECRET_KEY": "short"}, "DLAMBDA_SECRET_KEY: is not base64 of 32 bytes"),
    ],
)
def test_a_value_that_cannot_work_stops_the_start(environ, text):
    problem, *others = find_problems(environ, read_settings(environ))
    assert (str(problem), problem.fatal, others) == (text, True, [])


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        (
            {"YTP_OUTPUT_TEMPLATE": "%(titel)s.%(ext)s"},
            "YTP_OUTPUT_TEMPLATE: %(titel)s is mostly unknown; did you mean %(title)s?",
        ),
        (
            {"YTP_OUTPUT_TEMPLATE": "%(uploader)s/%(Title)s.%(ext)s"},
            "YTP_OUTPUT_TEMPLATE: %(Title)s is mostly unknown; did you mean %(title)s?",
        ),
        (
            {"YTP_MAX_WORKERS_FOR_SITE": "many"},
            "YTP_MAX_WORKERS_FOR_SITE: 'many' is no whole number above 0, and has no effect",
        ),
        (
            {"YTP_MAX_WORKERS_FOR_SITE": "²"},
            "YTP_MAX_WORKERS_FOR_SITE: '²' is no whole number above 0, and has no effect",
        ),
        ({"YTP_MAX_WORKERS_FOR_": "3"}, "YTP_MAX_WORKERS_FOR_: names no extractor, as in YTP_MAX_WORKERS_FOR_YOUTUBE"),
        (
            {"YTP_PICTURES_BACKENDS": "pictures.example"},
            "YTP_PICTURES_BACKENDS: 'pictures.example' is no web address, such as https://pictures.example/",
        ),
        (
            {"YTP_DISABLE_AUTH": "true", "YTP_AUTH_USERNAME": "a", "YTP_AUTH_PASSWORD": "b"},
            "YTP_DISABLE_AUTH: is true: everyone gets in, whatever else the settings say of logins",
        ),
        (
            {"YTP_INSTANCE_TITLE": '"Mine"'},
            "YTP_INSTANCE_TITLE: begins and ends with a quote, and both are part of the value; write it without them",
        ),
    ],
)
def test_a_value_without_the_expected_effect_is_told(environ, text):
    problem, *others = find_problems(environ, read_settings(environ))
    assert (str(problem), problem.fatal, others) == (text, False, [])


@pytest.mark.parametrize("text", ["'Mine'", "“Mine”", "„Mine“", "«Mine»"])
def test_quotes_that_belong_to_a_value_are_told(text):
    assert [variable for variable, _, _ in problems({"YTP_INSTANCE_TITLE": text})] == ["YTP_INSTANCE_TITLE"]


@pytest.mark.parametrize(
    "template",
    [
        "%(upload_date>%Y)s/%(title).200B [%(id)s].%(ext)s", "%(artists.0)s - %(chapters)s.%(ext)s", "%(my_own_field)s.%(ext)s",
        "%(title,fulltitle|Unknown)s.%(ext)s", "100 %% %(title)s.%(ext)s",
    ],
)  # fmt: skip
def test_templates_that_work_are_no_problem(template):
    assert problems({"YTP_OUTPUT_TEMPLATE": template}) == []


@pytest.mark.parametrize(
    ("zone", "nearest"),
    [
        ("europe/berlin", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"), ("Berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"), ("new york", "America/New_York"), ("Xqz", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_misspelt_zone_is_told_with_the_nearest_one(zone, nearest):
    with pytest.raises(SettingsError, match=f"is no time zone, such as {nearest}$"):
        read_settings({"YTP_TZ": zone})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BASE_PATH", "/a b"), ("BASE_PATH", "//host"), ("BASE_PATH", "/a/../b"), ("BASE_PATH", "/a?b"), ("PORT", "-1"),
        ("EXTRACT_INFO_TIMEOUT", "inf"), ("TASK_HANDLER_RANDOM_DELAY", "nan"), ("MAX_WORKERS", "5 workers"),
        ("MAX_WORKERS", "0x10"), ("BASE_PATH", "http://host/dl"), ("DISK_RESERVE_MB", "10GB"), ("RETRIES", "21"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_named(name, text):
    with pytest.raises(SettingsError, match=f"YTP_{name}"):
        read_settings({f"YTP_{name}": text})


def test_blanks_around_a_value_do_not_count_but_in_a_login():
    environ = {"YTP_MAX_WORKERS": " 5\n", "YTP_SANDBOX": "off ", "YTP_AUTH_USERNAME": "u ", "YTP_AUTH_PASSWORD": " "}
    settings = read_settings(environ | {"YTP_TZ": " Europe/Berlin", "YTP_RETRIES": "  "})
    assert (settings.max_workers, settings.sandbox, settings.tz, settings.retries) == (5, "off", "Europe/Berlin", 3)
    assert (settings.auth_username, settings.auth_password) == ("u ", " ")


@pytest.mark.parametrize(
    ("name", "names", "nearest"),
    [
        ("nosuch", [], ""),
        ("audio-only", [], "; did you mean audio_only?"),
        ("my_own_", ["my_own"], "; did you mean my_own?"),
    ],
)
def test_a_default_preset_that_does_not_exist(name, names, nearest):
    expected = f"YTP_DEFAULT_PRESET: there is no preset '{name}', so `default` is used{nearest}"
    assert str(missing_preset(name, names)) == expected
