"""The page as an app, and what adds from elsewhere: page/public, page/src/screens/share."""

import re

from playwright.sync_api import expect

from tests.e2e.page.browser import Windows

_CONTROLLED = """() => new Promise((resolve) => {
  const workers = navigator.serviceWorker;
  if (workers.controller) resolve();
  else workers.addEventListener("controllerchange", () => resolve());
})"""
_KEPT = """async () => {
  const lists = (await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url));
  return (await Promise.all(lists)).flat();
}"""


def test_it_opens_without_a_connection_and_keeps_nothing_of_the_api(windows: Windows) -> None:
    page = windows.open("/share", service_workers="allow")
    page.evaluate(_CONTROLLED)
    addresses = page.evaluate(_KEPT)
    assert f"{windows.base}/" in addresses
    assert not [address for address in addresses if "/api/" in address]
    windows.expected += ["Failed to load resource", "WebSocket connection"]
    page.context.set_offline(True)
    page.goto(f"{windows.base}/new")
    expect(page.get_by_role("heading", name="Add", level=1)).to_be_visible()


def test_what_is_shared_with_it_is_filled_in(windows: Windows) -> None:
    page = windows.open("/share")
    manifest = page.request.get(f"{windows.base}/manifest.webmanifest").json()
    target = manifest["share_target"]
    assert (target["method"], target["params"]["url"]) == ("GET", "url")
    for icon in manifest["icons"]:
        assert page.request.get(f"{windows.base}/{icon['src']}").ok
    page.get_by_label("Preset").select_option("default")
    bookmark = page.get_by_role("link", name="dlambda: default").get_attribute("href") or ""
    assert re.fullmatch(r'javascript:void open\("http://127.0.0.1:\d+/new\?url="[^<>]+\)', bookmark)
    page.goto(f"{windows.base}/{target['action']}?title=A+film&text=Look+http%3A%2F%2Fa.example%2F1%3Fx%3D2")
    expect(page.get_by_label("Addresses")).to_have_value("http://a.example/1?x=2")
