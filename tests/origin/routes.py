"""Paths of the origin. Prefixes change the behaviour of whatever comes behind them, playlists and segments included.

Media          /clip-<anything>.mp4 (one and the same clip), /big.mp4, /short.mp4, /vp9.webm, /hevc.mp4, /audio.mp3 ...
               /names/<any name>.mp4, /same/a/video.mp4 and /same/b/video.mp4 (different content)
Streams        /hls/high/index.m3u8, /hls/master.m3u8, /hls/aes/index.m3u8, /dash/manifest.mpd
               /live/<name>/<segment seconds>/<count, 0 = endless>/index.m3u8 (begins at its first request;
               a name such as `a+12` has 12 segments in its playlist instead of 6, `a@8` began 8 s earlier)
Pages, feeds   /page.html, /film.html, /og.html, /channel.smil, /links/<n>.html, /feed/<n>.rss
               /watched/<name>.rss, .json and .html: as many entries as were published
               /lists/<name>: pages and feeds with several videos (`lists.py`)
Prefixes       /slow/<bytes per second>/  /truncated/  /no-range/  /changing/ (another ETag and content each time)
               /drop/<n>/ (cut in the middle n times)  /stall/<bytes>/  /hang/  /delay/<seconds>/
               /reset/<n>x<bytes>/, /stalls/<n>x<bytes>/ (resets, or sends nothing more, after so many bytes, n times)
               /claims/<n>x<bytes>/ (n times the lengths that it names are larger by so many)
               /status/<code>/  /limited/<n>[x<seconds>]/ (429 n times)  /flaky/<n>/ (503 n times)  /cookie/<name>/<value>/
               /redirect/<hops>/  /redirect-loop/  /redirect-to?url=
Control        /__counts  /__reset  /__echo  /__hook/<key> (keeps what is posted; GET lists it)
               /__publish/<name>/<n> (the watched source of this name has n entries from now on)
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from tests.origin import lists, pages
from tests.origin.answers import Answer, content_type_of, file_answer, not_found, text_answer
from tests.origin.live import WINDOW, Broadcast, segment
from tests.origin.media import big_file


@dataclass(frozen=True)
class Request:
    """What a client asked; `path` is decoded, `raw_path` as it came."""

    method: str
    path: str
    raw_path: str
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes = b""


@dataclass
class State:
    """What an origin remembers; all of it behind one lock."""

    counts: Counter[str] = field(default_factory=Counter)  # "GET /path"
    tries: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)  # name of a watched source to its number of entries
    broadcasts: dict[str, Broadcast] = field(default_factory=dict)
    hooks: dict[str, list[dict[str, object]]] = field(default_factory=lambda: defaultdict(list))
    lock: Lock = field(default_factory=Lock)

    def attempt(self, key: str) -> int:
        """How often `key` was asked for before."""
        with self.lock:
            self.tries[key] += 1
            return self.tries[key] - 1


class Routes:
    """Answers requests from the media in `folder`; `base` is the origin's own URL."""

    def __init__(self, folder: Path, base: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.base = base
        self.clock = clock
        self.state = State()
        self._prefixes: dict[str, Callable[[Request, str], Answer]] = {
            "slow": self._slow, "truncated": self._truncated, "no-range": self._no_range, "changing": self._changing,
            "drop": self._drop, "stall": self._stall, "reset": self._reset, "stalls": self._stalls,
            "claims": self._claims, "hang": self._hang, "delay": self._delay,
            "status": self._status, "limited": self._limited, "flaky": self._flaky, "cookie": self._cookie,
            "redirect": self._redirect, "redirect-loop": self._loop, "live": self._live, "names": self._names,
            "same": self._same, "links": self._links, "feed": self._feed,
            "watched": self._watched, "lists": self._lists, "episode": self._episode,
        }  # fmt: skip

    def answer(self, request: Request) -> Answer:
        """The answer to `request`, counted."""
        if request.path.startswith("/__"):
            return self._control(request)
        with self.state.lock:
            self.state.counts[f"{request.method} {request.path}"] += 1
        return self._find(request, request.path)

    def publish(self, name: str, count: int) -> None:
        """The watched source `name` has `count` entries from now on."""
        with self.state.lock:
            self.state.published[name] = count

    def _find(self, request: Request, path: str) -> Answer:
        first, _, rest = path.lstrip("/").partition("/")
        prefix = self._prefixes.get(first)
        if prefix:
            return prefix(request, rest)
        if path == "/redirect-to":
            return Answer(status=302, headers={"Location": parse_qs(request.query)["url"][0]})
        if path in {"/page.html", "/film.html"}:  # their names are their ids in archives
            return text_answer(pages.video_page(self.base))
        if path == "/og.html":
            return text_answer(pages.opengraph_page(self.base))
        if path == "/channel.smil":
            return text_answer(pages.channel(self.base), "application/smil+xml")
        return self._file(path)

    def _file(self, path: str) -> Answer:
        name = path.rpartition("/")[2]
        if name.startswith("clip-") and name.endswith(".mp4"):
            return file_answer(self.folder / "clip.mp4")
        if path == "/big.mp4":
            return file_answer(big_file())
        file = (self.folder / path.lstrip("/")).resolve()
        if file.is_relative_to(self.folder.resolve()) and file.is_file():
            return file_answer(file)
        return not_found()

    # Prefixes

    def _slow(self, request: Request, rest: str) -> Answer:
        rate, _, rest = rest.partition("/")
        return replace(self._find(request, "/" + rest), bytes_per_second=int(rate))

    def _truncated(self, request: Request, rest: str) -> Answer:
        found = self._find(request, "/" + rest)
        return replace(found, break_after=_size(found) // 2, ranges=False)

    def _no_range(self, request: Request, rest: str) -> Answer:
        return replace(self._find(request, "/" + rest), ranges=False)

    def _changing(self, request: Request, _rest: str) -> Answer:
        number = self.state.attempt(request.path)
        file = self.folder / ("clip.mp4" if number % 2 == 0 else "other.mp4")
        return replace(file_answer(file), etag=f'"version-{number}"')

    def _drop(self, request: Request, rest: str) -> Answer:
        times, _, rest = rest.partition("/")
        found = self._find(request, "/" + rest)
        if self.state.attempt(request.path) < int(times):
            return replace(found, break_after=_size(found) // 2)
        return found

    def _stall(self, request: Request, rest: str) -> Answer:
        size, _, rest = rest.partition("/")
        return replace(self._find(request, "/" + rest), stall_after=int(size))

    def _reset(self, request: Request, rest: str) -> Answer:
        return self._sometimes(request, rest, lambda size: {"break_after": size, "is_reset": True})

    def _stalls(self, request: Request, rest: str) -> Answer:
        return self._sometimes(request, rest, lambda size: {"stall_after": size})

    def _claims(self, request: Request, rest: str) -> Answer:
        return self._sometimes(request, rest, lambda size: {"excess_bytes": size})

    def _sometimes(self, request: Request, rest: str, fault: Callable[[int], dict[str, Any]]) -> Answer:
        """The answer of `<n>x<bytes>/<path>`, with the fault for the first n times that a path is fetched."""
        numbers, _, rest = rest.partition("/")
        times, _, size = numbers.partition("x")
        answer = self._find(request, "/" + rest)
        is_faulty = request.method == "GET" and self.state.attempt(request.path) < int(times)
        return replace(answer, **fault(int(size))) if is_faulty else answer

    def _hang(self, _request: Request, _rest: str) -> Answer:
        return Answer(hang=True)

    def _delay(self, request: Request, rest: str) -> Answer:
        seconds, _, rest = rest.partition("/")
        time.sleep(float(seconds))
        return self._find(request, "/" + rest)

    def _status(self, _request: Request, rest: str) -> Answer:
        code = int(rest.partition("/")[0])
        return Answer(status=code, body=b"As you asked\n")

    def _limited(self, request: Request, rest: str) -> Answer:
        times, _, rest = rest.partition("/")
        times, _, seconds = times.partition("x")
        if self.state.attempt(request.path) < int(times):
            return Answer(status=429, body=b"Too many requests\n", headers={"Retry-After": seconds or "1"})
        return self._find(request, "/" + rest)

    def _flaky(self, request: Request, rest: str) -> Answer:
        times, _, rest = rest.partition("/")
        if self.state.attempt(request.path) < int(times):
            return Answer(status=503, body=b"Try again\n")
        return self._find(request, "/" + rest)

    def _cookie(self, request: Request, rest: str) -> Answer:
        name, value, rest = rest.split("/", 2)
        if f"{name}={value}" not in request.headers.get("cookie", ""):
            return Answer(status=403, body=b"A cookie is missing\n")
        return self._find(request, "/" + rest)

    def _redirect(self, request: Request, rest: str) -> Answer:
        hops, _, rest = rest.partition("/")
        target = f"/redirect/{int(hops) - 1}/{rest}" if int(hops) > 1 else f"/{rest}"
        return Answer(status=302, headers={"Location": target})

    def _loop(self, request: Request, _rest: str) -> Answer:
        return Answer(status=302, headers={"Location": request.raw_path})

    # Media under a rule

    def _live(self, _request: Request, rest: str) -> Answer:
        name, seconds, count, file = rest.split("/")
        key = f"{name}/{seconds}/{count}"
        with self.state.lock:
            name_and_window, _, age = name.partition("@")
            window = int(name_and_window.partition("+")[2] or WINDOW)
            fresh = Broadcast(self.clock() - float(age or 0), float(seconds), int(count), window)
            broadcast = self.state.broadcasts.setdefault(key, fresh)
        now = self.clock()
        if file == "index.m3u8":
            found = text_answer(broadcast.playlist(now), content_type_of(file))
            return replace(found, headers={"Cache-Control": "no-cache"})
        number = int(file.removesuffix(".ts"))
        if number >= broadcast.published(now):
            return not_found()
        return Answer(body=segment(self.folder, number), content_type=content_type_of(file))

    def _names(self, _request: Request, rest: str) -> Answer:
        return file_answer(self.folder / "clip.mp4", rest)

    def _same(self, _request: Request, rest: str) -> Answer:
        return file_answer(self.folder / ("clip.mp4" if rest.startswith("a/") else "other.mp4"))

    def _links(self, _request: Request, rest: str) -> Answer:
        return text_answer(pages.link_page(self.base, int(rest.removesuffix(".html"))))

    def _feed(self, _request: Request, rest: str) -> Answer:
        return text_answer(pages.feed(self.base, int(rest.removesuffix(".rss"))), content_type_of(rest))

    def _lists(self, _request: Request, rest: str) -> Answer:
        text = lists.text_of(self.base, rest)
        return text_answer(text, content_type_of(rest)) if text else not_found()

    def _episode(self, _request: Request, _rest: str) -> Answer:
        return file_answer(self.folder / "clip.mp4")

    def _watched(self, _request: Request, rest: str) -> Answer:
        name, _, kind = rest.rpartition(".")
        with self.state.lock:
            count = self.state.published[name]
        if kind == "rss":
            return text_answer(pages.watched_feed(self.base, name, count), content_type_of(rest))
        text = pages.watched_json(name, count) if kind == "json" else pages.watched_page(name, count)
        return text_answer(text, content_type_of(rest))

    # Control

    def _control(self, request: Request) -> Answer:
        if request.path.startswith("/__hook/"):
            return self._hook(request, request.path.removeprefix("/__hook/"))
        if request.path.startswith("/__publish/"):
            name, _, count = request.path.removeprefix("/__publish/").rpartition("/")
            self.publish(name, int(count))
            return _json({})
        with self.state.lock:
            if request.path == "/__counts":
                return _json(dict(self.state.counts))
            if request.path == "/__reset":
                self.state.counts.clear()
                self.state.tries.clear()
                return _json({})
        if request.path == "/__echo":
            return _json({"method": request.method, "headers": request.headers, "body": request.body.decode("latin-1")})
        return not_found()

    def _hook(self, request: Request, key: str) -> Answer:
        with self.state.lock:
            kept = self.state.hooks[key]
            if request.method == "GET":
                return _json(kept)
            kept.append({"headers": request.headers, "body": request.body.decode("utf-8", "replace")})
        return _json({})


def _json(value: object) -> Answer:
    return text_answer(json.dumps(value), "application/json")


def _size(answer: Answer) -> int:
    return answer.body.stat().st_size if isinstance(answer.body, Path) else len(answer.body)
