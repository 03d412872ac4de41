"""What the service itself asks for on a client's word: pictures, feeds, definitions, webhooks, Apprise, proxies."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.service import Service
from tests.security.attacker import Page
from tests.security.lab import Lab

_SECONDS = 60


def _redirect(lab: Lab, path: str, target: str, status: int = 302) -> str:
    lab.attacker.serve(path, Page(status=status, headers={"Location": target}))
    return f"http://pub.test{path}"


# Pictures

_PICTURES = {
    "redirects to loopback": ("redirect", "http://127.0.0.1:9999/picture.1"),
    "redirects to the metadata service": ("redirect", "http://169.254.169.254/picture.2"),
    "redirects to a mapped address": ("redirect", "http://[::ffff:127.0.0.1]:9999/picture.3"),
    "redirects to a file": ("redirect", "file:///etc/passwd"),
    "has a name that changes at once": ("", "http://rb1-picture.test:9999/picture.4"),
    "has a name that changes later": ("", "http://rb2-picture.test:9999/picture.5"),
    "has an IPv6 name of loopback": ("", "http://six-loopback.test:9998/picture.6"),
    "has two addresses": ("", "http://mixed.test:9999/picture.7"),
    "is at the metadata service": ("", "http://169.254.169.254/picture.8"),
}


@pytest.mark.parametrize("fact", _PICTURES)
@pytest.mark.parametrize("route", ["/api/thumbnail?url=", "/api/yt-dlp/url/info?url="])
def test_a_picture_that(lab: Lab, api: Api, route: str, fact: str) -> None:
    before = len(lab.decoys.all_hits())
    way, url = _PICTURES[fact]
    if way:
        url = _redirect(lab, f"/picture/{quote(fact)}", url)
    reply = api.get(route + quote(url, safe=""))
    assert reply.status in (400, 403, 404, 500, 502), reply.body
    assert b"DECOYCONTENT" not in reply.body
    assert b"root:" not in reply.body
    assert lab.decoys.all_hits()[before:] == []


def test_a_picture_that_is_a_page_is_not_passed_on(lab: Lab, api: Api) -> None:
    lab.attacker.serve("/page.png", Page(b"<script>alert(1)</script>", "text/html"))
    reply = api.get("/api/thumbnail?url=" + quote("http://pub.test/page.png", safe=""))
    assert reply.status != 200 or not reply.headers["Content-Type"].startswith("text/html")


def test_a_picture_with_a_script_is_sandboxed(lab: Lab, api: Api) -> None:
    lab.attacker.serve(
        "/x.svg", Page(b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "image/svg+xml")
    )
    reply = api.get("/api/thumbnail?url=" + quote("http://pub.test/x.svg", safe=""))
    assert reply.status != 200 or "sandbox" in reply.headers["Content-Security-Policy"]


# Definitions of tasks

_PARSE = {"items": {"selector": "a", "fields": {"url": {"type": "css", "expression": "a", "attribute": "href"}}}}
_DEFINITIONS: dict[str, dict[str, Any]] = {
    "asks for a loopback address": {"request": {"url": "http://127.0.0.1:9999/definition.1"}},
    "asks for a name that changes": {"request": {"url": "http://rb1-definition.test:9999/definition.2"}},
    "asks for what redirects": {"request": {"url": "@AWAY@"}},
    "asks for a mapped address": {"request": {"url": "http://[::ffff:7f00:1]:9999/definition.3"}},
    "asks for a file": {"request": {"url": "file:///etc/passwd"}},
    "posts to a loopback address": {
        "request": {"url": "http://127.0.0.1:9999/definition.4", "method": "POST", "json_data": {"a": 1}}
    },
    "sends another host's name": {
        "request": {"url": "http://127.0.0.1:9999/definition.5", "headers": {"Host": "pub.test"}}
    },
    "uses selenium's own address": {"engine": {"type": "selenium", "options": {}}},
    "uses a browser at loopback": {
        "engine": {"type": "browser", "options": {"url": "http://127.0.0.1:9999/definition.6"}}
    },
    "uses a browser by a name": {
        "engine": {"type": "browser", "options": {"url": "http://loopback.test:9999/definition.7"}}
    },
    "uses a browser by a name that changes": {
        "engine": {"type": "browser", "options": {"url": "http://rb1-browser.test:9999/definition.8"}}
    },
    "uses another engine's proxy": {"engine": {"type": "http", "options": {"flaresolverr": True}}},
}


@pytest.mark.parametrize("fact", _DEFINITIONS)
def test_a_definition_that(lab: Lab, api: Api, fact: str) -> None:
    before = len(lab.decoys.all_hits())
    definition = {"parse": _PARSE, **_DEFINITIONS[fact]}
    away = _redirect(lab, "/definition-away", "http://127.0.0.1:9999/definition.9")
    if definition.get("request", {}).get("url") == "@AWAY@":
        definition["request"] = {"url": away}
    document = {"name": "hostile", "match_url": [".*"], "definition": definition}
    reply = api.post("/api/tasks/definitions/inspect", {"url": "http://pub.test/d", "document": document}, timeout=60)
    assert reply.status in (200, 400, 404, 500), reply.body
    assert b"DECOYCONTENT" not in reply.body
    assert lab.decoys.all_hits()[before:] == []


_FEEDS = {
    "redirects to loopback": ("away.rss", "http://127.0.0.1:9999/feed.1"),
    "redirects to a neighbour": ("away2.rss", "http://10.1.2.3:9999/feed.2"),
    "redirects to a file": ("away3.rss", "file:///etc/passwd"),
}


@pytest.mark.parametrize("fact", _FEEDS)
def test_a_feed_that(lab: Lab, api: Api, fact: str) -> None:
    before = len(lab.decoys.all_hits())
    name, target = _FEEDS[fact]
    reply = api.post("/api/tasks/inspect", {"url": _redirect(lab, f"/{name}", target)})
    assert reply.status in (200, 400, 500)
    assert b"DECOYCONTENT" not in reply.body
    assert b"root:" not in reply.body
    assert lab.decoys.all_hits()[before:] == []


def test_what_a_feed_links_to_inside_is_refused_when_it_is_added(lab: Lab, api: Api) -> None:
    links = ("http://127.0.0.1:9999/feed.3", "file:///etc/passwd", "javascript:alert(1)")
    items = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in links)
    lab.attacker.serve("/links.rss", Page(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), "text/xml"))
    assert api.post("/api/tasks/inspect", {"url": "http://pub.test/links.rss"}).status in (200, 400)
    for link in links:
        assert api.post("/api/history", {"url": link}).status == 400
    assert [hit for hit in lab.decoys.all_hits() if b"feed." in hit.said] == []


# Webhooks and Apprise

_WEBHOOKS = {
    "at loopback": "http://127.0.0.1:9999/hook.1",
    "at a mapped address": "http://[::ffff:127.0.0.1]:9999/hook.2",
    "at a name of loopback": "http://loopback.test:9999/hook.3",
    "at a name that changes": "http://rb1-hook.test:9999/hook.4",
    "at a name that changes late": "http://rb2-hook.test:9999/hook.5",
    "that redirects (302)": "302 http://127.0.0.1:9999/hook.6",
    "that redirects (307)": "307 http://127.0.0.1:9999/hook.7",
    "that redirects (308) to the metadata service": "308 http://169.254.169.254/hook.8",
    "at the metadata service": "http://169.254.169.254/hook.9",
    "at a neighbour": "http://10.1.2.3:9999/hook.10",
    "with a user": "http://pub.test@127.0.0.1:9999/hook.11",
}
_HOSTS = ("127.0.0.1:9999", "loopback.test:9999", "private.test:9999", "[::ffff:127.0.0.1]:9999", "rb1-a@N@.test:9999")
_SERVICES = {
    "json": "json://{host}/apprise.1", "xml": "xml://{host}/apprise.2", "form": "form://{host}/apprise.3",
    "apprise": "apprise://{host}/apprise4token", "gotify": "gotify://{host}/Aabcdefghijklmn", "ntfy": "ntfy://{host}/topic",
    "kodi": "kodi://{host}", "lametric": "lametric://{host}/?mode=device", "matrix": "matrix://u:p@{host}/#room",
    "irc": "irc://{host}/#room", "mailto": "mailto://u:p@{host}/?smtp=127.0.0.1&mode=insecure&to=a@b.test",
    "rsyslog": "rsyslog://{host}", "mqtt": "mqtt://{host}/topic", "homeassistant": "hassio://{host}/abcdefghijklmnop",
    "mattermost": "mmost://{host}/aaaaaaaaaaaaaaaaaaaaaaaa", "rocketchat": "rocket://u:p@{host}/#c",
    "nextcloud": "ncloud://u:p@{host}/user", "synology": "synology://{host}/token", "enigma2": "enigma2://{host}",
    "emby": "emby://u:p@{host}", "growl": "growl://{host}", "xbmc": "xbmc://{host}", "prowl over bark": "bark://{host}/key",
}  # fmt: skip
_FILE_PARAMETERS = {
    "workflows by a template": "workflows://host.test:443/workflow/signature?template={path}",
    "workflows by a template with a scheme": "workflows://host.test:443/workflow/signature?template=file://{path}",
    "slack by a template": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template={path}",
    "discord by a template": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js/?template={path}",
    "discord by a template in capitals": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js/?TEMPLATE={path}",
    "discord by an escaped name": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js/?%74emplate={path}",
    "telegram by a template": "tgram://123456789:abcdefg_hijklmnop/12315544/?template={path}",
    "teams by a template": "msteams://team/a@b/c/d/?template={path}",
    "firebase by a key file": "fcm://project@x/device/?keyfile={path}",
    "vapid by a key file": "vapid://user@pub.test/x?keyfile={path}&subfile={path}",
    "mail by a key file": "mailtos://u:p@pub.test?pgp=yes&pgpkey={path}",
}
_LOCAL = {
    name: f"{name}://" for name in (
        "exec", "cmd", "script", "plugin", "file", "include", "macosx", "windows", "dbus", "qt", "kde", "glib", "gnome",
        "syslog", "cron",
    )
}  # fmt: skip


def _target(api: Api, name: str, url: str) -> Any:
    return api.post("/api/notifications", {"name": name, "on": ["test"], "request": {"url": url}})


def _all_targets(lab: Lab) -> dict[str, str]:
    urls: dict[str, str] = {}
    for number, (fact, url) in enumerate(_WEBHOOKS.items()):
        status, _, target = url.partition(" ")
        urls[f"webhook {fact}"] = _redirect(lab, f"/hook{number}", target, int(status)) if target else url
    for number, (name, text) in enumerate(_SERVICES.items()):
        host = _HOSTS[number % len(_HOSTS)].replace("@N@", str(number))
        urls[f"apprise {name}"] = text.format(host=host)
    return urls | {f"the machine's {name}": url for name, url in _LOCAL.items()}


_TARGETS = [f"webhook {fact}" for fact in _WEBHOOKS] + [f"apprise {name}" for name in _SERVICES]
_TARGETS += [f"the machine's {name}" for name in _LOCAL]


@pytest.fixture(scope="module")
def told(lab: Lab, service: Service) -> Iterator[dict[str, int]]:
    """Every target that could be saved, told of one test: its name and id."""
    with lab.inside():
        api = service.api
        replies = {name: _target(api, name, url) for name, url in _all_targets(lab).items()}
        ids = {name: int(reply.json()["id"]) for name, reply in replies.items() if reply.status == 200}
        assert api.post("/api/notifications/test").status == 200
    yield ids
    with lab.inside():
        for id_ in ids.values():
            api.request("DELETE", f"/api/notifications/{id_}")


@pytest.mark.parametrize("name", _TARGETS)
def test_no_notification_goes_to(lab: Lab, api: Api, told: dict[str, int], name: str) -> None:
    if name in told:
        view = wait_until(
            lambda: api.get(f"/api/notifications/{told[name]}").json()["last_delivery"], _SECONDS, lambda: name
        )
        assert view["ok"] is False, view
    hits = [hit for hit in lab.decoys.all_hits() if hit.port in (9999, 9998, 80, 443)]
    number = _TARGETS.index(name) + 1
    mark = f"hook.{number}" if name.startswith("webhook") else "apprise"
    assert [hit for hit in hits if mark.encode() in hit.said] == []


def test_no_notification_reached_a_decoy(lab: Lab, told: dict[str, int]) -> None:
    said = [hit.said for hit in lab.decoys.all_hits()]
    assert [
        text for text in said if b"topic" in text or b"NICK" in text or b"hook" in text or b"Test Notif" in text
    ] == []


@pytest.mark.parametrize("path", ["/etc/passwd", "/nonexist"])
@pytest.mark.parametrize("fact", _FILE_PARAMETERS)
def test_no_service_is_given_a_file(api: Api, fact: str, path: str) -> None:
    reply = _target(api, f"{fact} {path}", _FILE_PARAMETERS[fact].format(path=quote(path)))
    if reply.status == 200:
        api.request("DELETE", f"/api/notifications/{reply.json()['id']}")
    assert reply.status == 400, reply.body


def test_an_attachment_is_not_read(lab: Lab, api: Api) -> None:
    reply = _target(api, "attachment", f"ntfy://pub.test:80/topic?attach=file://{lab.secret_text}")
    assert reply.status in (200, 400)
    if reply.status == 200:
        id_ = reply.json()["id"]
        assert api.post("/api/notifications/test").status == 200
        wait_until(lambda: api.get(f"/api/notifications/{id_}").json()["last_delivery"], _SECONDS, lambda: "ntfy")
        api.request("DELETE", f"/api/notifications/{id_}")
    assert not any(b"SECRET-TEXT" in body for path in ("/", "/topic") for body in lab.attacker.received(path))


# Proxies that are found to lead inside when they are used

_PROXIES = ("http://0x7f.1:9999", "http://private.test:9999", "socks5://private.test:9999", "http://loopback.test:9999",
            "socks4://rb1-proxy.test:9997", "http://rb1-proxy2.test:9999", "http://six-loopback.test:9998")  # fmt: skip


@pytest.mark.parametrize("proxy", _PROXIES)
def test_no_proxy_inside_is_used(lab: Lab, api: Api, proxy: str) -> None:
    before = len(lab.decoys.all_hits())
    arguments = quote(f"--proxy {proxy}", safe="")
    reply = api.get(
        f"/api/yt-dlp/url/info?url={quote('http://pub.test/proxied', safe='')}&args={arguments}", timeout=60
    )
    assert b"DECOYCONTENT" not in reply.body
    assert reply.status != 200
    url = f"http://pub.test/proxied/{quote(proxy, safe='')}"
    reply = api.add(url, cli=f"--proxy {proxy}")
    if reply.status == 200:
        assert api.wait_for_item(reply.json()[0]["_id"])["status"] == "error"
    assert lab.decoys.all_hits()[before:] == []
