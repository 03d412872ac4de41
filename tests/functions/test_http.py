"""What every HTTP group has in common: docs/contract/system.md 2, 3."""

import base64
import json

import pytest
from flask import Request, request
from werkzeug.test import EnvironBuilder

from dlambda.deployment import current
from dlambda.entry.http import http_entry, make_app, make_lambda_handler, make_routes
from tests.functions.calls import Client, error

USER, PASSWORD = "user", "p:ss?>~w\u00f6rd"
PLAIN = f"{USER}:{PASSWORD}".encode()
STANDARD = base64.b64encode(PLAIN).decode()
URL_SAFE = base64.urlsafe_b64encode(PLAIN).decode()
ASKS = 'Basic realm="Authorization Required."'
WRONG = "Unauthorized (Invalid credentials)."


@pytest.fixture
def locked(configure):
    configure(auth_username=USER, auth_password=PASSWORD)


def call(client: Client, *, header: str | None = None, method: str = "GET", path: str = "/api/ping", **query: str):
    headers = {"Authorization": header} if header is not None else {}
    return client.call(method, path, headers=headers, query_string=query)


@pytest.mark.usefixtures("locked")
class TestAuthentication:
    """system.md 2"""

    def test_the_alphabets_differ(self):
        assert STANDARD != URL_SAFE
        assert STANDARD.endswith("=")

    @pytest.mark.parametrize("encoded", [STANDARD, URL_SAFE, STANDARD.rstrip("="), URL_SAFE.rstrip("=")])
    @pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "Basic  "])
    def test_the_header_opens(self, system, scheme, encoded):
        assert call(system, header=f"{scheme} {encoded}") == (200, {"status": "pong"})

    @pytest.mark.parametrize(
        "encoded", [STANDARD, URL_SAFE, STANDARD.rstrip("="), URL_SAFE.rstrip("="), STANDARD.replace("+", " ")]
    )
    def test_the_query_opens(self, system, encoded):
        assert call(system, apikey=encoded)[0] == 200

    def test_nothing_given(self, system):
        assert error(call(system)) == (401, "Authorization Required.")
        assert system.last.headers["WWW-Authenticate"] == ASKS

    @pytest.mark.parametrize("header", ["Bearer x", "Digest a=b", "Bearer"])
    def test_another_scheme(self, system, header):
        status, body = call(system, header=header)
        assert (status, body["error"]) == (401, "Unsupported authentication method.")
        assert body["method"] == header.split()[0]
        assert "WWW-Authenticate" not in system.last.headers

    @pytest.mark.parametrize(
        "header",
        [
            "Basic " + base64.b64encode(b"user:other").decode(), "Basic " + base64.b64encode(b"user").decode(),
            "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Basic", "Basic ", "Basic !!!", "Basic a", "Basic \u00fc",
        ],
    )  # fmt: skip
    def test_wrong_ones(self, system, header):
        assert error(call(system, header=header)) == (401, WRONG)
        assert system.last.headers["WWW-Authenticate"] == ASKS

    @pytest.mark.parametrize("key", ["x", "!!!", base64.b64encode(b"user:other").decode()])
    def test_a_wrong_query(self, system, key):
        assert error(call(system, apikey=key)) == (401, WRONG)

    def test_the_header_comes_first(self, system):
        assert call(system, header="Basic x", apikey=STANDARD)[0] == 401
        assert call(system, header=f"Basic {STANDARD}", apikey="x")[0] == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "/api/history"), ("POST", "/api/history"), ("DELETE", "/api/history"), ("GET", "/api/nothing-here")],
    )
    def test_every_request_needs_them(self, history, method, path):
        assert call(history, method=method, path=path)[0] == 401

    def test_options_needs_none(self, history):
        assert call(history, method="OPTIONS", path="/api/history")[0] == 204


@pytest.mark.parametrize("settings", [{"auth_username": "u"}, {"auth_password": "p"}, {}])
def test_without_both_settings_everybody_may_enter(system, configure, settings):
    configure(**settings)
    assert call(system)[0] == 200
    assert call(system, header="Bearer x")[0] == 200


class TestAnswers:
    """system.md 3"""

    @pytest.mark.parametrize(
        "path", ["/api/history", "/api/history/", "/api/history/live", "/api/history/x/archive", "/api/history/start"]
    )
    def test_options(self, history, path):
        assert history.call("OPTIONS", path) == (204, None)
        assert history.last.headers["Access-Control-Max-Age"] == "900"
        assert history.last.headers["Access-Control-Allow-Methods"] == "GET, PATCH, PUT, POST, DELETE"
        assert {"Content-Type", "Authorization"} <= {
            name.strip() for name in history.last.headers["Access-Control-Allow-Headers"].split(",")
        }

    @pytest.mark.parametrize("slash", ["", "/"])
    @pytest.mark.parametrize("path", ["/api/ping", "/api/system/configuration", "/api/docs"])
    def test_a_trailing_slash_is_accepted(self, system, path, slash):
        assert system.call("GET", path + slash)[0] == 200

    @pytest.mark.parametrize("path", ["//api/ping", "///api//ping", "//api/ping/", "/api///ping"])
    def test_slashes_too_many_are_folded(self, system, path):
        assert system.call("GET", "/", environ_overrides={"PATH_INFO": path})[0] == 200

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_and_on_posts(self, system, slash):
        assert system.post(f"/api/system/pause{slash}")[0] == 200

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api/history/a/b/c", 404),
            ("GET", "/nothing", 404),
            ("PUT", "/api/history", 405),
            ("PATCH", "/api/history/x", 405),
            ("GET", "/api/history/x/archive", 405),
        ],
    )
    def test_errors_of_the_framework_are_json(self, history, method, path, status):
        code, body = history.call(method, path)
        assert code == status
        assert body["error"]
        assert body["code"]
        assert history.last.mimetype == "application/json"
        assert status != 405 or "Allow" in history.last.headers

    @pytest.mark.parametrize(
        ("method", "path", "status", "title"),
        [
            ("GET", "/api/history/none", 404, "Not Found"),
            ("GET", "/api/history?type=x", 400, "Bad Request"),
            ("PUT", "/api/history", 405, "Method Not Allowed"),
        ],
    )
    def test_errors_for_those_who_ask_for_problem_details(self, history, method, path, status, title):
        plain = history.call(method, path)[1]
        history.call(method, path, headers={"Accept": "application/problem+json, application/json;q=0.5"})
        assert history.last.mimetype == "application/problem+json"
        assert history.last.json == plain | {
            "type": "about:blank", "title": title, "status": status, "detail": plain["error"],
        }  # fmt: skip

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*"])
    def test_others_get_plain_json(self, history, accept):
        history.call("GET", "/api/history/none", headers={"Accept": accept})
        assert (history.last.mimetype, set(history.last.json)) == ("application/json", {"error", "code", "params"})

    def test_invalid_json(self, history):
        assert error(history.raw("POST", "/api/history/start", "{")) == (400, "Invalid JSON in request body.")

    def test_json_whatever_the_type_says(self, history):
        body = json.dumps({"ids": ["nobody"]})
        assert history.call("POST", "/api/history/start", data=body, content_type="text/plain")[0] == 200
        assert history.call("POST", "/api/history/start", data=body)[0] == 200

    def test_non_ascii_is_escaped(self, history):
        assert "\\u00e4" in (history.get("/api/history/\u00e4"), history.raw("POST", "/api/history", '{"url": "\u00e4"}'),
                             history.last.text)[2]  # fmt: skip

    def test_a_failure_that_nobody_expected_is_opaque(self, stack):
        app = _app_that_fails()
        assert app.call("GET", "/api/broken") == (500, {"error": "Internal Server Error", "code": "INTERNAL_ERROR"})
        assert app.last.headers["Vary"] == "Origin"

    def test_a_request_has_an_id(self, system):
        system.call("GET", "/api/ping", headers={"X-Request-Id": "abc"})
        assert system.last.headers["X-Request-Id"] == "abc"
        system.call("GET", "/api/ping")
        assert len(system.last.headers["X-Request-Id"]) >= 16

    def test_head_has_no_body(self, system):
        assert system.call("HEAD", "/api/ping") == (200, None)
        assert system.last.data == b""


def _app_that_fails() -> Client:
    routes = make_routes("broken")

    @routes.get("/api/broken")
    def broken() -> None:
        raise KeyError("a secret")

    return Client(make_app(routes).test_client())


def pinging(stack) -> Client:
    """An app made with the settings as they are now."""
    from endpoints.system.routes import routes

    return Client(make_app(routes).test_client())


class TestBasePath:
    @pytest.mark.parametrize("base", ["/dl", "/dl/", "/deep/er"])
    def test_everything_lives_below_it(self, stack, configure, base):
        configure(base_path=base)
        client, prefix = pinging(stack), base.rstrip("/")
        assert client.call("GET", f"{prefix}/api/ping") == (200, {"status": "pong"})
        assert client.call("GET", "/api/ping")[0] == 404
        assert client.last.is_json
        assert client.call("GET", f"{prefix}x/api/ping")[0] == 404
        for path in ("/openapi.json", "/api/docs/openapi.json"):
            assert client.call("GET", prefix + path)[1]["servers"][0]["url"] == prefix

    def test_the_root_leads_to_it(self, stack, configure):
        configure(base_path="/dl")
        client = pinging(stack)
        assert client.call("GET", "/")[0] == 302
        assert client.last.headers["Location"] == "/dl/"

    def test_without_one_the_root_is_unknown(self, stack):
        assert pinging(stack).call("GET", "/")[0] == 404


class TestDoors:
    """The same app behind functions-framework and behind API Gateway."""

    def incoming(self, path: str, method: str = "GET", **options) -> Request:
        return Request(EnvironBuilder(path, method=method, **options).get_environ())

    @pytest.fixture(params=["/", "/dl"])
    def base(self, request, configure):
        configure(base_path=request.param)
        return request.param.rstrip("/")

    def app(self):
        from endpoints.history.routes import routes

        return make_app(routes)

    def test_functions_framework(self, stack, base):
        entry = http_entry(self.app())
        answer = entry(self.incoming(f"{base}/api/history/start", "POST", json={"ids": ["nobody"]}))
        assert answer.status_code == 200
        assert answer.get_json()["status"] == "error"
        assert entry(self.incoming(f"{base}/api/history?type=done")).get_json()["pagination"]["total"] == 0
        assert entry(self.incoming(f"{base}/nothing")).status_code == 404

    def test_a_framework_target_that_was_read_already(self, stack):
        incoming = self.incoming("/api/history/start", "POST", json={"ids": ["nobody"]})
        incoming.get_data()
        assert http_entry(self.app())(incoming).status_code == 200

    def test_api_gateway(self, stack, base):
        handler = make_lambda_handler(self.app())
        event = {
            "version": "2.0",
            "rawPath": f"{base}/api/history/start",
            "rawQueryString": "",
            "headers": {"content-type": "application/json", "host": "api.example"},
            "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"}},
            "body": base64.b64encode(b'{"ids": ["nobody"]}').decode(),
            "isBase64Encoded": True,
        }
        answer = handler(event, None)
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"])["status"] == "error"

    def test_a_header_with_an_underscore_does_not_pass_for_another(self, stack):
        sent = {"Remote_User": "admin", "x-request-id": "r1"}
        event = {
            "version": "2.0",
            "rawPath": "/nothing",
            "rawQueryString": "",
            "headers": sent,
            "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"}},
        }
        app, names = self.app(), []
        app.teardown_request(lambda _: names.extend(name for name, _ in request.headers))
        make_lambda_handler(app)(event, None)
        assert "X-Request-Id" in names
        assert "Remote-User" not in names

    def test_every_group_has_both(self):
        import importlib

        for name in ("history", "archiver", "system", "file"):
            main = importlib.import_module(f"endpoints.{name}.main")
            assert callable(getattr(main, name))
            assert callable(main.lambda_handler)


def test_settings_are_read_once(configure):
    configure(instance_title="x")
    assert current().settings is current().settings
    assert current().settings.instance_title == "x"
