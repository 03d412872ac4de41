"""The base of the image is pinned by what a registry says: infra/base_image.py."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from infra.base_image import REPOSITORY, RegistryError, base_image, find_digest
from infra.image_template import with_images
from local import template

DIGEST = f"sha256:{'a' * 64}"


class Registry(BaseHTTPRequestHandler):
    """A registry that gives strangers a token, as public ones do."""

    def do_HEAD(self) -> None:
        host = f"http://{self.headers['Host']}"
        if self.headers["Authorization"] != "Bearer for-strangers":
            self.send_response(401)
            self.send_header("WWW-Authenticate", f'Bearer realm="{host}/token/",service="here",scope="all"')
        elif self.path == "/v2/lambda/python/manifests/3.13" and "image.index" in self.headers["Accept"]:
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.oci.image.index.v1+json")
            self.send_header("Docker-Content-Digest", DIGEST)
        elif self.path == "/v2/lambda/python/manifests/single":
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
            self.send_header("Docker-Content-Digest", DIGEST)
        else:
            self.send_response(404)
        self.end_headers()

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        body = b'{"token": "for-strangers"}' if query == {"service": ["here"], "scope": ["all"]} else b"{}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_registry_tells_the_digest_of_a_tag(origin: str) -> None:
    assert find_digest(origin, "lambda/python", "3.13") == DIGEST


@pytest.mark.parametrize(
    ("tag", "text"), [("2.7", "tells no digest: 404"), ("single", "is an image of one architecture")]
)
def test_what_is_no_list_of_images_is_not_pinned(origin: str, tag: str, text: str) -> None:
    with pytest.raises(RegistryError, match=text):
        find_digest(origin, "lambda/python", tag)


def test_a_registry_that_is_away_is_named() -> None:
    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:9 does not answer"):
        find_digest("http://127.0.0.1:9", "lambda/python", "3.13")


def test_images_are_built_on_what_is_pinned(tmp_path: Path) -> None:
    pin = tmp_path / "base-image.txt"
    assert base_image(pin) == f"{REPOSITORY}:3.13"
    pin.write_text(f"{REPOSITORY}:3.13@{DIGEST}\n")
    document = with_images(template.load(), has_adapter=False, base=base_image(pin))
    builds = [
        entry["Metadata"] for entry in document["Resources"].values() if "Dockerfile" in entry.get("Metadata", {})
    ]
    assert builds
    assert {build["DockerBuildArgs"]["BASE"] for build in builds} == {f"{REPOSITORY}:3.13@{DIGEST}"}
