"""Uploads beside a download (aws/growing.py): what the log says of them, also from their thread."""

import json
import logging

import pytest

from dlambda.aws.growing import GrowingUpload
from dlambda.entry.logs import JsonLines, request_id
from tests.e2e.api import wait_until

pytestmark = pytest.mark.usefixtures("stack")


class Lines(logging.Handler):
    """Lines as they are written, each by the thread that said it."""

    def __init__(self):
        super().__init__()
        self.setFormatter(JsonLines())
        self.found = []

    def emit(self, record):
        self.found.append(json.loads(self.format(record)))


@pytest.fixture
def lines():
    handler, logger = Lines(), logging.getLogger("dlambda.aws.growing")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.found
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_every_line_says_the_request_and_the_item(lines, tmp_path):
    with request_id("m1"):
        upload = GrowingUpload(tmp_path, "files/clip.mp4", "video/mp4", "i1")  # a folder: it cannot be read
        wait_until(lambda: lines, 5, lambda: "nothing was logged")
        assert not upload.finish(tmp_path)
    assert len(lines) > 1
    assert {(line["request_id"], line["item_id"]) for line in lines} == {("m1", "i1")}
