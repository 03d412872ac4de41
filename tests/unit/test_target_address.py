"""Addresses of notification targets, behind a mask: contract README, Secrets; rules.md 6."""

import pytest

from dlambda.domain.rules.target_address import mask_target, unmask_target, without_target
from dlambda.domain.secrets.mask import MASK
from dlambda.errors import Invalid

SHOWN = [
    # services of Apprise: all behind the scheme
    ("tgram://123456:ABC-def/-100200/", f"tgram://{MASK}"),
    ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", f"discord://{MASK}"),
    ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", f"slack://{MASK}"),
    ("mailto://me:pw@example.com?to=x@y.example", f"mailto://{MASK}"),
    ("MAILTOS://me:pw@example.com", f"MAILTOS://{MASK}"),
    ("ntfy://topic", f"ntfy://{MASK}"),
    ("json://user:pw@localhost/path", f"json://{MASK}"),
    ("pover://user@token", f"pover://{MASK}"),
    # webhooks: scheme, host and plain words stay
    ("https://hooks.example.net/in", "https://hooks.example.net/in"),
    ("http://a.example", "http://a.example"),
    ("https://a.example/api/v2/notify-me?channel=ops", "https://a.example/api/v2/notify-me?channel=ops"),
    ("https://hooks.slack.com/services/T000/B000/XXXX", f"https://hooks.slack.com/services/{MASK}"),
    ("https://hooks.slack.com/services/lower/case/token", f"https://hooks.slack.com/services/{MASK}"),
    ("https://discord.com/api/webhooks/123/abc-DEF", f"https://discord.com/api/webhooks/{MASK}"),
    ("https://discord.com/api/webhooks/123/abc?wait=true", f"https://discord.com/api/webhooks/{MASK}?wait=true"),
    ("https://x.webhook.office.com/webhookb2/0a-1b@2c/IncomingWebhook/3d/4e", f"https://x.webhook.office.com/webhookb2/{MASK}"),
    ("https://api.telegram.org/bot123:ABC/sendMessage?chat_id=5", f"https://api.telegram.org/{MASK}?chat_id=5"),
    ("https://chat.example/hooks/abcdefghij", f"https://chat.example/hooks/{MASK}"),
    ("http://home.example:8123/api/webhook/doorbell", f"http://home.example:8123/api/webhook/{MASK}"),
    ("https://ntfy.sh/secret-topic", f"https://ntfy.sh/{MASK}"),
    ("https://hc-ping.com/0a1b2c", f"https://hc-ping.com/{MASK}"),
    ("https://a.example/in/5f0c8a2e9b", f"https://a.example/in/{MASK}"),
    ("https://a.example/in/abcdefghijklmnopqrstuvwx", f"https://a.example/in/{MASK}"),
    ("https://a.example/in?token=plain", f"https://a.example/in?token={MASK}"),
    ("https://a.example/in?x=5f0c8a2e9b7d&y=1", f"https://a.example/in?x={MASK}&y=1"),
    ("https://a.example/in?5f0c8a2e9b7d", f"https://a.example/in?{MASK}"),
    ("https://a.example/in#5f0c8a", f"https://a.example/in#{MASK}"),
    ("https://me:pw@a.example/in", f"https://me:{MASK}@a.example/in"),
    ("https://5f0c8a2e9b7d@a.example/in", f"https://{MASK}@a.example/in"),
    ("HTTPS://Hooks.Slack.com/services/T/B/X", f"HTTPS://Hooks.Slack.com/services/{MASK}"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "shown"), SHOWN)
def test_an_address_is_masked_and_comes_back(url: str, shown: str) -> None:
    assert mask_target(url) == shown
    assert mask_target(shown) == shown
    assert unmask_target(shown, url) == url


@pytest.mark.parametrize(
    ("sent", "known", "meant"),
    [
        (f"https://a.example/in?token={MASK}&x=1", "https://a.example/in?token=T", "https://a.example/in?token=T&x=1"),
        (f"https://me:{MASK}@a.example/out", "https://me:pw@a.example/in", "https://me:pw@a.example/out"),
        ("tgram://new/1", "tgram://old/1", "tgram://new/1"),
    ],
)
def test_the_rest_of_an_address_may_change(sent: str, known: str, meant: str) -> None:
    assert unmask_target(sent, known) == meant


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        (f"tgram://{MASK}", ""),
        (f"discord://{MASK}", "tgram://123:ABC/1"),
        (f"https://evil.example/services/{MASK}", "https://hooks.slack.com/services/T/B/X"),
        (f"https://hooks.slack.com/{MASK}", "https://hooks.slack.com/services/T/B/X"),
        (f"https://me:{MASK}@evil.example/in", "https://me:pw@a.example/in"),
        (f"https://evil.example/in?token={MASK}", "https://a.example/in?token=T"),
        (f"https://a.example/{MASK}/in", "https://a.example/in"),
        (f"https://{MASK}/in", "https://a.example/in"),
    ],
)
def test_a_mask_of_which_nothing_is_known_is_refused(sent: str, known: str) -> None:
    with pytest.raises(Invalid, match="masked"):
        unmask_target(sent, known)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Max retries exceeded with url: /services/T000/B000/XXXX", "https://hooks.slack.com/services/T000/B000/XXXX"),
        ("no answer of bot 123456:ABCDEF", "tgram://123456:ABCDEF/1"),
        ("XXXX is unknown", "https://a.example/in?token=XXXX"),
    ],
)
def test_an_error_does_not_tell_them(text: str, url: str) -> None:
    shown = without_target(text, url)
    assert MASK in shown
    assert not any(secret in shown for secret in ("T000", "B000", "XXXX", "123456", "ABCDEF"))
