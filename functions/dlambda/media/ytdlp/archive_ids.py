"""Archive ids that a URL tells by itself, without a request (docs/contract/ytdlp.md 6)."""

from dataclasses import dataclass
from functools import lru_cache

from dlambda.media.ytdlp import curl_library


@dataclass(frozen=True, slots=True)
class UrlId:
    """The id of a URL, from the first working extractor that claims it."""

    id: str
    ie_key: str

    @property
    def archive_id(self) -> str:
        return f"{self.ie_key.lower()} {self.id}"


@lru_cache(maxsize=4096)
def id_of_url(url: str) -> UrlId | None:
    """None when no extractor claims the URL, or none can tell an id. The first call loads yt-dlp (about a second)."""
    curl_library.hide()
    from yt_dlp.extractor import gen_extractor_classes

    for extractor in gen_extractor_classes():
        if not extractor.suitable(url) or not extractor.working() or extractor.ie_key() == "Generic":
            continue
        temporary_id = extractor.get_temp_id(url)
        if temporary_id:
            return UrlId(str(temporary_id), extractor.ie_key())
    return None
