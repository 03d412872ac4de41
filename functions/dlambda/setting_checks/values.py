"""Values of settings that can be read and cannot work."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches

from dlambda.domain.items.remedy import parse_remedies, parse_site_remedies
from dlambda.domain.paths.paths import safe_template
from dlambda.domain.system.setting_problem import Problem
from dlambda.domain.tasks.schedule import check_timer
from dlambda.domain.web.proxy_pool import parse_proxies
from dlambda.environment import EXTRACTOR_LIMIT, USER_PREFIX, is_extractor_limit
from dlambda.errors import Invalid
from dlambda.settings import Settings

_KEY_SIZES = (16, 24, 32)  # bytes that AES takes
_WEB = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
_TEMPLATE_FIELD = re.compile(r"%\(([A-Za-z_]+)")
# Fields that templates of people name most; a name of an extractor's own is not known here.
_COMMON_FIELDS = frozenset(
    {
        "album", "album_artist", "artist", "autonumber", "channel", "channel_id", "chapter", "creator", "description",
        "display_id", "duration", "duration_string", "epoch", "episode", "episode_number", "ext", "extractor",
        "extractor_key", "format", "format_id", "fps", "height", "id", "language", "modified_date", "playlist",
        "playlist_autonumber", "playlist_count", "playlist_id", "playlist_index", "playlist_title", "playlist_uploader",
        "release_date", "release_year", "resolution", "season", "season_number", "section_number", "section_title",
        "series", "timestamp", "title", "track", "track_number", "upload_date", "uploader", "uploader_id", "width",
    }
)  # fmt: skip
# Fields of yt-dlp that are like common ones, and right.
_RARE_FIELDS = frozenset(
    {
        "albums", "artists", "categories", "channels", "chapters", "chapter_id", "chapter_number", "creators",
        "episode_id", "fulltitle", "formats", "release_timestamp", "season_id", "section_start", "section_end",
        "series_id", "tags", "track_id", "uploader_url", "channel_url", "playlist_channel", "playlist_uploader_id",
        "modified_timestamp", "alt_title", "asr", "abr", "vbr", "tbr", "composer", "composers", "genre", "genres",
    }
)  # fmt: skip
# As programs for letters write them, too.
_OPENING = frozenset("\"'“‘„«")
_CLOSING = frozenset("\"'”’“»")
_FIELD_SIMILARITY = 0.8

Check = Callable[[Mapping[str, str], Settings], Iterable[Problem]]


def check_values(environ: Mapping[str, str], settings: Settings) -> list[Problem]:
    """The problems of the values, in the order of `_CHECKS`."""
    return [problem for check in _CHECKS for problem in check(environ, settings)]


def _check_login(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    if settings.auth_incomplete:
        there, missing = "YTP_AUTH_USERNAME", "YTP_AUTH_PASSWORD"
        if settings.auth_password:
            there, missing = missing, there
        yield Problem(there, f"has no effect without {missing}: everyone would get in", fatal=True)


def _check_other_logins(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    """Half a provider would let nobody in, or everybody; a proxy that nobody trusts names nobody."""
    if bool(settings.oidc_issuer) != bool(settings.oidc_client_id):
        there, missing = "YTP_OIDC_ISSUER", "YTP_OIDC_CLIENT_ID"
        if settings.oidc_client_id:
            there, missing = missing, there
        yield Problem(there, f"has no effect without {missing}: nobody could sign in there", fatal=True)
    if settings.oidc_issuer and not _WEB.match(settings.oidc_issuer):
        text = f"{settings.oidc_issuer!r} is no web address, such as https://login.example/realms/home"
        yield Problem("YTP_OIDC_ISSUER", text, fatal=True)
    if settings.auth_proxy_header and not settings.trusted_proxies:
        text = "counts from trusted proxies alone, and YTP_TRUSTED_PROXIES names none"
        yield Problem("YTP_AUTH_PROXY_HEADER", text, fatal=True)
    if settings.disable_auth and settings.has_login:
        yield Problem("YTP_DISABLE_AUTH", "is true: everyone gets in, whatever else the settings say of logins")


def _check_templates(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    for name in ("output_template", "output_template_chapter"):
        variable, template = USER_PREFIX + name.upper(), str(getattr(settings, name))
        try:
            safe_template(template)
        except Invalid as error:
            yield Problem(variable, error.message, fatal=True)
        else:
            yield from _misspelt_fields(variable, template)


def _misspelt_fields(variable: str, template: str) -> Iterator[Problem]:
    for field in dict.fromkeys(_TEMPLATE_FIELD.findall(template)):
        if field not in _COMMON_FIELDS | _RARE_FIELDS:
            for nearest in get_close_matches(field.lower(), sorted(_COMMON_FIELDS), 1, _FIELD_SIMILARITY):
                yield Problem(variable, f"%({field})s is mostly unknown; did you mean %({nearest})s?")


def _check_timer(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    try:
        check_timer(settings.tasks_handler_timer)
    except Invalid as error:
        yield Problem(
            "YTP_TASKS_HANDLER_TIMER",
            f"{settings.tasks_handler_timer!r} is no timer, such as 15 */1 * * *: {error.message}",
            fatal=True,
        )


def _check_base_folders(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    for name in ("config_path", "download_path", "temp_path"):
        path = str(getattr(settings, name))
        if not path.startswith("/") or ".." in path.split("/"):
            yield Problem(USER_PREFIX + name.upper(), f"{path!r} is no absolute path, such as /downloads", fatal=True)


def _check_extractor_limits(environ: Mapping[str, str], _: Settings) -> Iterator[Problem]:
    for name in sorted(environ):
        field = name.lower().partition("_")[2]
        if name.startswith(USER_PREFIX) and field.startswith(EXTRACTOR_LIMIT):
            if field == EXTRACTOR_LIMIT:
                yield Problem(name, "names no extractor, as in YTP_MAX_WORKERS_FOR_YOUTUBE")
            elif not is_extractor_limit(environ[name]):
                yield Problem(name, f"{environ[name]!r} is no whole number above 0, and has no effect")


def _check_remedies(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    checks: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("remedies", parse_remedies),
        ("site_remedies", parse_site_remedies),
        ("proxies", parse_proxies),
    )
    for name, parse in checks:
        try:
            parse(str(getattr(settings, name)))
        except Invalid as error:
            yield Problem(USER_PREFIX + name.upper(), error.message, fatal=True)


def _check_pot_provider(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    if settings.pot_provider_url and not _WEB.match(settings.pot_provider_url):
        text = f"{settings.pot_provider_url!r} is no web address, such as http://127.0.0.1:4416"
        yield Problem("YTP_POT_PROVIDER_URL", text, fatal=True)


def _check_pictures(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    for address in filter(None, (part.strip() for part in settings.pictures_backends.split(","))):
        if not _WEB.match(address):
            yield Problem("YTP_PICTURES_BACKENDS", f"{address!r} is no web address, such as https://pictures.example/")


def _check_secret_key(_: Mapping[str, str], settings: Settings) -> Iterator[Problem]:
    if not settings.secret_key:
        return
    try:
        size = len(base64.b64decode(settings.secret_key))
    except binascii.Error:
        size = 0
    if size not in _KEY_SIZES:
        yield Problem("DLAMBDA_SECRET_KEY", "is not base64 of 32 bytes", fatal=True)


def _check_quotes(environ: Mapping[str, str], _: Settings) -> Iterator[Problem]:
    for name in sorted(environ):
        text = environ[name].strip()
        if name.startswith(USER_PREFIX) and len(text) > 1 and text[0] in _OPENING and text[-1] in _CLOSING:
            yield Problem(name, "begins and ends with a quote, and both are part of the value; write it without them")


_CHECKS: tuple[Check, ...] = (
    _check_login,
    _check_other_logins,
    _check_templates,
    _check_timer,
    _check_base_folders,
    _check_extractor_limits,
    _check_pictures,
    _check_pot_provider,
    _check_remedies,
    _check_secret_key,
    _check_quotes,
)
