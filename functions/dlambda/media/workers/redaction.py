"""Removal of options' secrets from a worker's messages, before anybody hears them (contract README, Secrets).

yt-dlp's errors and warnings may quote a header, a proxy or a login; they end in records, events and logs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from dlambda.domain.secrets.mask import MASK, mask_addresses, secrets_in_addresses
from dlambda.domain.ytdlp.option_secrets import PASSWORDS, PLAIN_HEADERS, is_secret_argument, secret_values
from dlambda.media.ytdlp.worker_jobs import OptionTexts

_LEAST_LENGTH = 4  # a shorter secret would take letters out of every other word
# Of `Bearer abc`, `sid=abc; lang=de` and `web.gvs+abc,...`: what a server or an error repeats.
_PARTS = re.compile(r"[\s;,=+:]+")
_PART_LENGTH = 8
_COOKIE_FIELDS = 7


class Redaction:
    """Masks the secrets of one job in texts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        secret_forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), unquote(secret))}
        parts = {part for secret in secret_forms for part in _PARTS.split(secret) if len(part) >= _PART_LENGTH}
        forms = {form.strip() for form in secret_forms | parts}
        self._secrets = sorted((form for form in forms if len(form) >= _LEAST_LENGTH), key=len, reverse=True)

    @classmethod
    def of(cls, params: Mapping[str, Any] | OptionTexts, cookies: str | None = None) -> "Redaction":
        """Of yt-dlp's parameters, or of the texts that they come from, and of a cookie file's text."""
        if isinstance(params, OptionTexts):
            secrets = [*secret_values(params.preset_cli), *secret_values(params.item_cli)]
        else:
            secrets = list(_in_params(params))
        return cls([*secrets, *_in_cookies(cookies or "")])

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return mask_addresses(text)

    def optional(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.text, texts))


def _in_params(params: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(params[name]) for name in PASSWORDS if params.get(name))
    for name, value in (params.get("http_headers") or {}).items():
        if name.lower() not in PLAIN_HEADERS:
            yield str(value)
    for arguments in (params.get("extractor_args") or {}).values():
        for name, values in arguments.items():
            if is_secret_argument(name):
                yield from map(str, values)
    for name in ("proxy", "geo_verification_proxy"):
        proxy = str(params.get(name) or "")
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        yield from (proxy[secret.start : secret.end] for secret in secrets_in_addresses(proxy))


def _in_cookies(text: str) -> Iterator[str]:
    """The values in a Netscape cookie file."""
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) >= _COOKIE_FIELDS and len(fields[-1].strip()) >= _PART_LENGTH:
            yield fields[-1].strip()
