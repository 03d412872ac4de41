"""Presets: a named set of folder, template, cookies and options (docs/contract/rules.md 2).

System presets are data in this file, not rows: there is nothing to create at start and nothing to renew, and a preset
of a client that bears the name of a system preset is shadowed by it. Their ids lie below `FIRST_OWN_ID`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Protocol

from pydantic import AfterValidator, ValidationInfo, field_validator

from dlambda.domain.paths.paths import resolve_folder, safe_template
from dlambda.domain.rules.body import Body, Name, Priority, check_cli, check_cookie_text, check_place
from dlambda.domain.secrets.mask import MASK
from dlambda.domain.ytdlp.option_secrets import mask_options, unmask_options

FIRST_OWN_ID: Final = 101
_BLANKS: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Preset:
    """A preset. `cookies` are a Netscape cookie file in clear: never log them, never put them in a list."""

    name: str
    id: int = 0
    description: str = ""
    folder: str = ""
    template: str = ""
    cookies: str = field(default="", repr=False)
    cli: str = ""
    default: bool = False
    priority: int = 0

    @property
    def key(self) -> str:
        """The form that uniqueness and look-up go by."""
        return normalise_name(self.name)

    @property
    def order(self) -> tuple[int, str]:
        """Sort key of lists: priority descending, then name."""
        return (-self.priority, self.key)


def normalise_name(name: str) -> str:
    """Trimmed, lower case, each run of blanks as one `_`: `My  Preset` -> `my_preset`."""
    return _BLANKS.sub("_", name.strip().lower())


# 2.2 System presets

_BASE: Final = "--socket-timeout 30 --download-archive %(archive_file)s"
_CHANNEL: Final = "%(channel)s [%(channel_id|Unknown_id)s]"
_YEAR: Final = "%(release_date>%Y,upload_date>%Y|Unknown)s"
_YEAR_ALONE: Final = "%(release_date>%Y,upload_date>%Y)s"
_DATE: Final = "%(release_date>%Y%m%d,upload_date>%Y%m%d)s"
_MONTH_DAY: Final = "%(release_date>%m%d,upload_date>%m%d)s"
_READER_TEMPLATE: Final = f"{_CHANNEL}/Season {_YEAR}/{_DATE} - %(title).180B [%(id)s].%(ext)s"
_EPISODE_TEMPLATE: Final = f"{_CHANNEL}/Season {_YEAR}/S{_YEAR_ALONE}E{_MONTH_DAY} - %(title).100B [%(id)s].%(ext)s"


def _system(id_: int, name: str, description: str, *options: str, template: str = "") -> Preset:
    cli = "\n".join((_BASE, *options))
    return Preset(id=id_, name=name, description=description, cli=cli, template=template, default=True)


def _by_height(id_: int, height: int) -> Preset:
    return _system(
        id_,
        f"{height}p",
        f"mp4 with H.264 video of at most {height} lines.",
        "-S vcodec:h264",
        f"--format 'bv[height<={height}][ext=mp4]+ba[ext=m4a]/b[ext=mp4]/b[ext=webm]'",
    )


def _with_nfo(id_: int, name: str, description: str, settings: str) -> Preset:
    return _system(
        id_,
        name,
        description,
        f'--use-postprocessor "NFOMakerPP:{settings}"',
        "--windows-filenames --convert-thumbnails jpg --write-thumbnail",
        template=_EPISODE_TEMPLATE,
    )


SYSTEM_PRESETS: Final = (
    _system(1, "default", "Best quality, as the extractor decides."),
    _system(
        2,
        "mobile",
        "mp4 for phones, ready to play while it loads.",
        "-t mp4 --merge-output-format mp4 --add-chapters --remux-video mp4",
        "--embed-metadata --embed-thumbnail",
        '--postprocessor-args "-movflags +faststart"',
    ),
    _by_height(3, 1080),
    _by_height(4, 720),
    _system(
        5,
        "audio_only",
        "The best sound without the picture.",
        "--extract-audio --add-chapters --embed-metadata --embed-thumbnail",
        "--format 'bestaudio/best'",
    ),
    _system(
        6,
        "info_reader_plugin",
        "Names and info files for the info readers of media servers.",
        "--windows-filenames --write-info-json --embed-info-json",
        "--convert-thumbnails jpg --write-thumbnail --embed-metadata",
        template=_READER_TEMPLATE,
    ),
    _with_nfo(7, "nfo_maker_tv", "Episodes with NFO files for media servers.", "when=after_move"),
    _with_nfo(8, "nfo_maker_movie", "Movies with NFO files for media servers.", "when=after_move;mode=movie"),
    _system(9, "generic_browser", "The generic extractor alone.", '--use-extractors "generic"'),
)
_SYSTEM_BY_KEY: Final[Mapping[str, Preset]] = {preset.key: preset for preset in SYSTEM_PRESETS}


def find_system_preset(name: str) -> Preset | None:
    """The system preset of that name, in whatever form the name is written."""
    return _SYSTEM_BY_KEY.get(normalise_name(name))


# 2.3 Merge rules


def join_cli(*texts: str) -> str:
    """Joins command lines, one below the other: the later option wins when they are parsed."""
    return "\n".join(part for part in (without_comments(text).strip() for text in texts) if part)


def without_comments(cli: str) -> str:
    """`cli` without the lines whose first non-blank character is `#`."""
    return "\n".join(line for line in cli.splitlines() if not line.lstrip().startswith("#"))


_VARIABLE: Final = re.compile(r"%\(([a-z_]+)\)s")


class Places(Protocol):
    """Where things are: the settings, or what a worker process was told of them."""

    @property
    def download_path(self) -> str: ...
    @property
    def temp_path(self) -> str: ...
    @property
    def config_path(self) -> str: ...
    @property
    def archive_file(self) -> str: ...


def variables(places: Places) -> dict[str, str]:
    """Values of `%(name)s` in option texts (docs/contract/ytdlp.md 8)."""
    return {
        "os_sep": "/",
        "download_path": places.download_path,
        "temp_path": places.temp_path,
        "config_path": places.config_path,
        "archive_file": places.archive_file,
    }


def fill_in_variables(cli: str, values: Mapping[str, str]) -> str:
    """Replaces the `%(name)s` that `values` has; every other one belongs to yt-dlp and stays."""
    return _VARIABLE.sub(lambda match: values.get(match.group(1), match.group(0)), cli)


# What a client sends and sees


class PresetInput(Body):
    """The fields that a client may set."""

    name: Name
    description: str = ""
    folder: Annotated[str, check_place(resolve_folder)] = ""
    template: Annotated[str, check_place(safe_template)] = ""
    cookies: Annotated[str, AfterValidator(check_cookie_text)] = ""
    cli: str = ""
    priority: Priority = 0

    @field_validator("cli")
    @classmethod
    def _cli_is_a_command_line(cls, value: str, info: ValidationInfo) -> str:
        return check_cli(value, "Invalid command options for yt-dlp: {}", info)


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with what is secret in them masked: cookies, and secrets in the options."""
    return {**fields, "cookies": MASK if fields["cookies"] else "", "cli": mask_options(fields["cli"])}


def unmasked(fields: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` as sent, each mask in them replaced by what is `previous`: the mask sent back means unchanged."""
    clear = dict(fields)
    if clear.get("cookies") == MASK:
        clear["cookies"] = previous.get("cookies", "")
    if "cli" in clear:
        clear["cli"] = unmask_options(clear["cli"], previous.get("cli", ""))
    return clear
