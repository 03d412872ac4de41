"""The cookies of one site, looked after: used by its items, renewed, watched (docs/contract/cookies.md)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Self

from dlambda.domain.items.failure import FailureKind
from dlambda.domain.web.site import is_of_site, site_of
from dlambda.domain.ytdlp.cookie_file import HEADER, read_cookies
from dlambda.errors import Invalid

Use = Literal["always", "needed"]
WARNING_SECONDS: Final = 3 * 86400.0
MOST_BYTES: Final = 60_000
# What measures visitors; losing it changes nothing.
_MEASURING: Final = re.compile(
    r"_ga|_gid|_gat|_gcl|__utm|_fbp|_pk_|_hj|amp_|optimizely|euconsent|consent|NID$", re.IGNORECASE
)
_LOGIN: Final = re.compile(r"sess|auth|tok|sid|login|user|remember|secure", re.IGNORECASE)
REFUSALS: Final = frozenset({FailureKind.LOGIN, FailureKind.BLOCKED})
"""Failures that say that the cookies were not accepted."""
_FIELDS: Final = 7


@dataclass(frozen=True, slots=True)
class CookieJar:
    """The cookies of `site` (a registered name) of one owner; times are unix seconds, 0: never.

    `use`: for every item of the site that brings none, or when a failure asks for them (remedy `cookies`). `shared`:
    an admin's, for the items of all accounts.
    """

    site: str
    text: str = field(repr=False)
    updated_at: float
    use: Use = "always"
    shared: bool = False
    success_at: float = 0.0
    refused_at: float = 0.0
    warned_at: float = 0.0

    @property
    def rows(self) -> list[list[str]]:
        """The fields of each cookie, as in the file."""
        return list(_rows(self.text))

    @property
    def expires_at(self) -> float:
        """When the first cookie that matters ends; 0: none has an end. A login's, else all but measuring ones."""
        ends = [(float(row[4]), row[5]) for row in self.rows if float(row[4]) and not _MEASURING.match(row[5])]
        of_logins = [end for end, name in ends if _LOGIN.search(name)]
        return min(of_logins or [end for end, _ in ends], default=0.0)

    @property
    def is_refused(self) -> bool:
        """True if the site has refused them since they last worked or were renewed by their owner."""
        return bool(self.refused_at) and self.refused_at >= max(self.success_at, self.updated_at)

    def state(self, now: float) -> str:
        """`refused`, `expired`, `expiring` within three days, or `ok`."""
        if self.is_refused:
            return "refused"
        if not self.expires_at:
            return "ok"
        if self.expires_at <= now:
            return "expired"
        return "expiring" if self.expires_at - now < WARNING_SECONDS else "ok"

    def view(self, now: float) -> dict[str, Any]:
        """The jar as its owner sees it: no value of a cookie."""
        return {
            "site": self.site,
            "count": len(self.rows),
            "use": self.use,
            "shared": self.shared,
            "state": self.state(now),
            "updated_at": self.updated_at,
            "age_seconds": max(0, int(now - self.updated_at)),
            "expires_at": self.expires_at or None,
            "last_success_at": self.success_at or None,
            "last_refused_at": self.refused_at or None,
        }

    def renewed(self, text: str) -> Self:
        """With the cookies that a worker brought back, those of the site alone; itself when nothing is new."""
        try:
            text = read_cookies(text).text
        except Invalid:
            return self
        rows = [row for row in _rows(text) if is_of_site(row[0].lstrip("."), self.site)]
        if not rows or sorted(rows) == sorted(self.rows):
            return self
        new_text = _file(rows)
        return self if len(new_text) > MOST_BYTES else replace(self, text=new_text)


def jars_of(text: str, now: float, *, use: Use = "always", shared: bool = False) -> list[CookieJar]:
    """A jar for each site in a cookie file. Raises `Invalid`."""
    by_site: dict[str, list[list[str]]] = {}
    for row in _rows(read_cookies(text).text):
        by_site.setdefault(site_of(f"http://{row[0].lstrip('.')}"), []).append(row)
    if not by_site:
        raise Invalid("No cookies were sent.")
    jars = [CookieJar(site, _file(rows), now, use, shared) for site, rows in sorted(by_site.items()) if site]
    for jar in jars:
        if len(jar.text.encode()) > MOST_BYTES:
            raise Invalid(f"The cookies of {jar.site} are larger than {MOST_BYTES} bytes.")
    return jars


def file_of_browser(cookies: Iterable[Mapping[str, Any]]) -> str:
    """The cookie file of cookies as a browser's extension has them (`cookies.getAll`). Raises `Invalid`."""
    rows = []
    for number, cookie in enumerate(cookies, start=1):
        domain, name = str(cookie.get("domain") or ""), str(cookie.get("name") or "")
        values = (domain, name, str(cookie.get("value") or ""), str(cookie.get("path") or "/"))
        if not domain or any(re.search(r"[\t\r\n\0]", value) for value in values):
            raise Invalid(f"Cookie {number} cannot be read: it needs a domain, a name and a value, without TABs.")
        below = "FALSE" if cookie.get("hostOnly") else "TRUE"
        secure = "TRUE" if cookie.get("secure") else "FALSE"
        expiry = str(cookie.get("expirationDate") or 0)
        rows.append([domain, below, values[3], secure, expiry, name, values[2]])
    return _file(rows)


def _rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == _FIELDS and not (line.startswith("#") and not line.startswith("#HttpOnly_")):
            yield [fields[0].removeprefix("#HttpOnly_"), *fields[1:]]


def _file(rows: Iterable[Iterable[str]]) -> str:
    return HEADER + "".join("\t".join(row) + "\n" for row in rows)
