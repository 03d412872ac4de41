"""Canned answers in place of the network outside."""

from collections.abc import Mapping

from dlambda.media.handlers.client import Client
from dlambda.media.outgoing.request import Answer, FetchFailed, Request


class Web:
    """Answers by URL; everything else is unreachable. Remembers what was asked."""

    def __init__(self, pages: Mapping[str, bytes | str], status: int = 200, content_type: str = "") -> None:
        self.pages = pages
        self.status = status
        self.headers = {"content-type": content_type}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        if request.url not in self.pages:
            raise FetchFailed("Connection refused")
        body = self.pages[request.url]
        return Answer(request.url, self.status, self.headers, body.encode() if isinstance(body, str) else body)


def client_of(web: Web) -> Client:
    return Client(web, "Mozilla/5.0 (test)")
