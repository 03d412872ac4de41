"""Services in the place of our own engines: how they are named, and what their clients get."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from dlambda.service_access import ServiceAccess, read_access
from local.cloud import Services, read_services
from local.config import Endpoints, child_environ, credentials, read_config
from local.start_error import StartError

_ALL = ("http://h:1",) * 3
_ENDPOINTS = Endpoints("/t", "/q", "http://127.0.0.1:9", "http://127.0.0.1:8/x", "/n", "/g")


@pytest.mark.parametrize(
    ("environ", "services"),
    [
        ({}, ("", "", "")),
        ({"AWS_ENDPOINT_URL": "http://h:1/"}, _ALL),
        ({"AWS_ENDPOINT_URL": " "}, ("", "", "")),
        ({"AWS_ENDPOINT_URL_S3": "https://media.example"}, ("", "", "https://media.example")),
        (
            {"AWS_ENDPOINT_URL": "http://h:1", "AWS_ENDPOINT_URL_SQS": "http://q:2"},
            ("http://h:1", "http://q:2", "http://h:1"),
        ),
        ({"LOCALSTACK_HOST": "box"}, ("http://box:4566",) * 3),
        ({"LOCALSTACK_HOST": "box:1"}, ("http://box:1",) * 3),
        ({"LOCALSTACK_HOST": "box:1", "EDGE_PORT": "2"}, ("http://box:1",) * 3),
        ({"LOCALSTACK_HOST": "box", "EDGE_PORT": "2", "USE_SSL": "1"}, ("https://box:2",) * 3),
        ({"LOCALSTACK_HOSTNAME": "box"}, ("http://box:4566",) * 3),
        ({"EDGE_PORT": "2"}, ("http://localhost:2",) * 3),
        ({"USE_SSL": "1"}, ("", "", "")),
        ({"LOCALSTACK_HOST": "box", "AWS_ENDPOINT_URL": "http://h:1"}, _ALL),
    ],
)
def test_services_are_named_by_their_variables(environ: Mapping[str, str], services: tuple[str, str, str]) -> None:
    assert read_services(environ) == Services(*services)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "box:4566"),
        ("AWS_ENDPOINT_URL_S3", "ftp://box"),
        ("AWS_ENDPOINT_URL_SQS", "http://"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://box:port"),
        ("LOCALSTACK_HOST", "box:port"),
    ],
)
def test_an_address_that_is_none_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(StartError, match=name):
        read_services({name: value})


@pytest.mark.parametrize(
    ("environ", "access"),
    [
        ({}, {}),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_REGION": "b"}, {}),
        (
            {"AWS_ACCESS_KEY_ID_S3": "a", "AWS_SECRET_ACCESS_KEY_S3": "b", "AWS_REGION_S3": "garage"},
            {"s3": ServiceAccess("a", "b", region="garage")},
        ),
        ({"AWS_CA_BUNDLE_DYNAMODB": "/ca.pem"}, {"dynamodb": ServiceAccess(certificates="/ca.pem")}),
    ],
)
def test_access_is_named_by_service(environ: Mapping[str, str], access: Mapping[str, ServiceAccess]) -> None:
    assert read_access(environ) == access


def test_half_a_key_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="AWS_SECRET_ACCESS_KEY_SQS"):
        read_access({"AWS_ACCESS_KEY_ID_SQS": "a"})


def _environ(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    return child_environ(read_config({**variables, "DATA_DIR": str(folder / "data")}, folder), _ENDPOINTS, 80)


def test_our_own_engines_are_used_whatever_the_shell_says(tmp_path: Path) -> None:
    environ = _environ(tmp_path, {"AWS_ACCESS_KEY_ID": "mine", "AWS_PROFILE": "mine", "DLAMBDA_BUCKET": "mine"})
    assert environ["AWS_ACCESS_KEY_ID"] == credentials(tmp_path / "data").key
    assert "AWS_PROFILE" not in environ
    assert (environ["DLAMBDA_TABLES_SOCKET"], environ["AWS_ENDPOINT_URL_S3"]) == ("/t", "http://127.0.0.1:9")
    assert (environ["DLAMBDA_BUCKET"], environ["DLAMBDA_MEDIA_PUBLIC_URL"]) == ("dlambda", "request")


def test_media_alone_may_be_elsewhere(tmp_path: Path) -> None:
    environ = _environ(
        tmp_path,
        {
            "AWS_ENDPOINT_URL_S3": "https://media.example",
            "AWS_ACCESS_KEY_ID_S3": "a",
            "AWS_SECRET_ACCESS_KEY_S3": "b",
            "DLAMBDA_BUCKET": "mine",
            "DLAMBDA_TABLE_PREFIX": "mine-",
        },
    )
    pair = credentials(tmp_path / "data")
    assert (environ["AWS_ACCESS_KEY_ID_S3"], environ["AWS_ACCESS_KEY_ID_DYNAMODB"]) == ("a", pair.key)
    assert environ["AWS_ENDPOINT_URL_S3"] == "https://media.example"
    assert (environ["DLAMBDA_TABLES_SOCKET"], environ["DLAMBDA_QUEUES_SOCKET"]) == ("/t", "/q")
    assert (environ["DLAMBDA_BUCKET"], environ["DLAMBDA_TABLE_PREFIX"]) == ("mine", "dlambda-")
    assert (environ["DLAMBDA_MEDIA_PUBLIC_URL"], environ["DLAMBDA_LIBRARY_DIR"]) == ("gateway", "")


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"AWS_ENDPOINT_URL": "http://h:1"}, "test"),
        ({"AWS_ENDPOINT_URL": "http://h:1", "AWS_ACCESS_KEY_ID": "a"}, "a"),
        ({"AWS_ENDPOINT_URL": "http://h:1", "AWS_PROFILE": "mine"}, None),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.eu-west-1.amazonaws.com"}, None),
    ],
)
def test_credentials_are_made_up_only_where_nobody_has_any(
    tmp_path: Path, variables: Mapping[str, str], key: str | None
) -> None:
    assert _environ(tmp_path, variables).get("AWS_ACCESS_KEY_ID") == key
