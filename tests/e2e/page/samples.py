"""Downloads as somebody might have them, for pictures: `show(page, example)` lets a window see them in place of its own."""

import json
import random
import re
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

Record = dict[str, Any]

_MB = 1_000_000
# Title, site, channel, seconds, size in MB, and what is different about it.
_QUEUE: tuple[tuple[str, str, str, int, int, Record], ...] = (
    ("Harbour at dawn, four hours of waves", "video.example", "Slow Places", 14_400, 1840,
     {"status": "downloading", "percent": 62.4, "speed_bps": 8.4 * _MB, "eta_seconds": 82}),
    ("Bread in one pot", "kitchen.example", "Anna bakes", 1124, 310,
     {"status": "downloading", "percent": 17.9, "speed_bps": 3.1 * _MB, "eta_seconds": 82}),
    ("How bridges carry weight", "lectures.example", "Structures 101", 3012, 480, {"status": "pending"}),
)  # fmt: skip
_DONE: tuple[tuple[str, str, str, int, int, Record], ...] = (
    ("Night train to the coast", "video.example", "Slow Places", 5400, 920, {}),
    ("The garden in April", "garden.example", "Rosa and Tim", 846, 204, {}),
    ("Members' evening: questions and answers", "video.example", "Structures 101", 4210, 0,
     {"status": "error", "filename": None, "failure": {
         "kind": "login", "advice": "Add cookies of a browser that is logged in, with the item or in its preset.",
         "retry_at": None}, "error": "Sign in to confirm that you may see this"}),
    ("Episode 112: what maps leave out", "radio.example", "Field Notes", 2710, 41, {"is_sound": True}),
    ("A year above the valley", "video.example", "Slow Places", 602, 388, {}),
)  # fmt: skip


def show(page: Page, example: Record) -> None:
    """Answers the window's lists and pictures. `example` is any item as the API gives it: the fields that are not told here."""
    queue, done = list(_records(_QUEUE, example)), list(_records(_DONE, example))

    def answer(route: Route) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        statuses = query.get("status", "").split(",")
        items = [item for item in (queue if query["type"] == "queue" else done) if item["status"] in statuses]
        pagination = {
            "page": 1, "per_page": 100, "total": len(items), "total_pages": 1, "has_next": False, "has_prev": False,
        }  # fmt: skip
        route.fulfill(json={"pagination": pagination, "items": items})

    page.route(re.compile(r"/api/history\?"), answer)
    page.route(
        re.compile(r"/samples/\d+\.svg"),
        lambda route: route.fulfill(body=landscape(urlsplit(route.request.url).path), content_type="image/svg+xml"),
    )


def _records(facts: tuple[tuple[str, str, str, int, int, Record], ...], example: Record) -> Iterator[Record]:
    for place, (title, site, channel, seconds, size, more) in enumerate(facts):
        is_queued = facts is _QUEUE
        is_sound, percent = more.get("is_sound", False), more.get("percent")
        extras = {"duration": seconds, "channel": channel, "is_video": not is_sound, "is_audio": is_sound}
        picture = [] if is_sound else [{"file": f"samples/{seconds}.svg"}]
        yield json.loads(json.dumps(example)) | {
            "_id": f"sample-{title}", "title": title, "url": f"https://{site}/watch/{seconds}", "extras": extras,
            "status": "finished", "filename": None if is_queued else f"{title}.mp4", "folder": "", "file_size": None if is_queued else size * _MB,
            "sidecar": {"image": picture}, "warnings": [], "failure": None, "error": None, "auto_start": True,
            "datetime": formatdate(time.time() - 60 * (7 + 95 * place**2), usegmt=True), "total_bytes": size * _MB,
            "downloaded_bytes": None if percent is None else int(size * _MB * percent / 100),
        } | more  # fmt: skip


def landscape(name: str) -> str:
    """An SVG of hills below a sky; another one for each name."""
    dice = random.Random(name)
    hue = dice.randrange(360)
    hills = "".join(
        f'<path d="M0 180V{100 + 22 * step} C{dice.randrange(40, 120)} {60 + 24 * step + dice.randrange(30)},'
        f"{dice.randrange(140, 220)} {90 + 24 * step + dice.randrange(30)},320 {dice.randrange(80, 105) + 22 * step}"
        f'V180z" fill="hsl({hue + 200} {34 + 6 * step}% {56 - 15 * step}%)"/>'
        for step in range(3)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180" width="320" height="180">'
        f'<linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl({hue + 180} 55% 62%)"/>'
        f'<stop offset=".7" stop-color="hsl({hue + 20} 80% 82%)"/></linearGradient>'
        f'<path d="M0 0h320v180H0z" fill="url(#sky)"/>'
        f'<circle cx="{dice.randrange(60, 260)}" cy="{dice.randrange(40, 90)}" r="17" fill="hsl({hue + 30} 95% 93%)"/>{hills}</svg>'
    )
