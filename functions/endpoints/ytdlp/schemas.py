"""Bodies, queries and answers of `/api/yt-dlp/*` (docs/contract/ytdlp.md 3-7)."""

from typing import Any

from pydantic import ConfigDict, Field

from dlambda.entry.model import Model, Root
from dlambda.entry.query import Query, like


class ConvertInput(Model):
    args: str = Field(examples=["-f bv --quiet -o '%(id)s.%(ext)s'"])


class ConvertBody(Root[Any]):
    """Read by hand: whatever is no object with `args` has one documented text."""

    model_config = ConfigDict(json_schema_extra=like(ConvertInput))


class Converted(Model):
    opts: dict[str, Any] = Field(description="the options under yt-dlp's internal names")
    output_template: str | None
    download_path: str | None
    format: str | None = Field(None, description="only when `-f` was given")
    removed_options: list[str] | None = Field(None, description="what users may not set; only if there is any")
    removed_reasons: dict[str, str] | None = Field(None, description="why, but for what any service sets itself")


class CommandInput(Model):
    url: str = Field(description="one, or several separated by blanks")
    preset: str = ""
    folder: str = ""
    template: str = ""
    cli: str = ""
    cookies: str = ""


class CommandBody(Root[Any]):
    """Read by hand, in the documented order of its checks."""

    model_config = ConfigDict(json_schema_extra=like(CommandInput))


class CommandQuery(Query):
    full: str = Field("", description="any value: also the words, the parsed options and what was merged")


class Command(Model):
    model_config = ConfigDict(extra="allow")

    command: str = Field(examples=["--format best --output '%(title)s.%(ext)s' https://video.example/1"])


class InfoQuery(Query):
    model_config = ConfigDict(json_schema_extra={"required": ["url"]})

    url: str = ""
    preset: str = Field("", description="default: the setting `default_preset`")
    force: str = Field("", description="any value: ask the page again")
    args: str = Field("", description="further options for yt-dlp")
    entries: str = Field("", description="`true`: the entries of a list as they can be added, each with its archive id")

    @property
    def wants_entries(self) -> bool:
        return self.entries.strip().lower() in ("true", "1", "yes", "on")


class Cached(Model):
    status: str = Field(description="`miss` or `hit`")
    preset: str
    cli_args: str | None
    key: str
    ttl: int = Field(description="seconds")
    ttl_left: float = Field(description="seconds")
    expires: float = Field(description="unix seconds")


class ListEntry(Model):
    """An entry as the list tells it; with `entries=true` also these."""

    model_config = ConfigDict(extra="allow")

    url: str | None = Field(None, description="the address to add")
    archive_id: str | None = Field(None, description="null when only its page tells it", examples=["youtube dQw4w9WgX"])
    is_archived: bool | None = None
    playlist: str | None = Field(None, description="the title of its list, else its id", examples=["Talks"])
    playlist_index: int | None = None
    playlist_count: int | None = None


class Info(Model):
    """The metadata as yt-dlp gives it, and these."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    is_archived: bool
    archive_file: str | None
    archive_id: str | None = None
    is_premiere: bool
    entries: list[ListEntry] | None = Field(None, description="of a list")
    cached: Cached = Field(alias="_cached")


class UrlsBody(Root[Any]):
    """Read by hand: whatever is no list has one documented text."""

    model_config = ConfigDict(json_schema_extra={"type": "array", "items": {"type": "string"}})


class UrlId(Model):
    index: int
    url: str
    id: str | None
    ie_key: str | None
    archive_id: str | None
    error: str | None


class UrlIds(Root[list[UrlId]]):
    pass


class Option(Model):
    flags: list[str]
    description: str
    group: str
    ignored: bool = Field(description="it has no effect here")


class OptionList(Model):
    version: str = Field(description="of yt-dlp")
    count: int
    options: list[Option]
