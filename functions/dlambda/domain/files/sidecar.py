"""Sidecars: the files that lie beside a media file and belong to it (docs/contract/files.md 2, downloads.md 2.5).

All names here are bare names of one directory; whoever calls has listed that directory and left out directories and
empty files.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from dlambda.domain.files.content_type import suffix
from dlambda.domain.files.subtitle_language import language_of

Kind = Literal["video", "audio", "subtitle", "image", "text", "metadata", "Unknown"]
Entry = dict[str, str]  # {"file"}; of subtitles also {"lang", "name"}
Sidecars = dict[Kind, list[Entry]]

KINDS: tuple[Kind, ...] = ("video", "audio", "subtitle", "image", "text", "metadata", "Unknown")
_EXTENSIONS: Mapping[Kind, str] = {
    "video": "avi ts mkv mp4 mpv ogm m4v webm m4b",
    "audio": "mp3 flac aac opus wav m4a",
    "subtitle": "srt ass ssa smi sub idx vtt",
    "image": "jpg jpeg png gif bmp webp",
    "text": "txt nfo md json yml yaml plexmatch",
    "metadata": "torrent",
}
_KIND_OF: Mapping[str, Kind] = {f".{ext}": kind for kind, text in _EXTENSIONS.items() for ext in text.split()}
SHOWN_SUBTITLES = frozenset({".srt", ".vtt", ".ass"})
FOLDER_IMAGES = tuple(
    f"{name}.{extension}"
    for name in ("poster", "thumbnail", "artwork", "cover", "fanart")
    for extension in ("jpg", "jpeg", "png", "webp")
)

# What yt-dlp leaves while it works: one format of several, a file being rewritten, one fragment.
_PARTIAL = re.compile(r"\.(?:f[0-9]+[\w-]*|temp)\.[^.]+$|\.ytdl$|\.part-Frag[0-9]+(?:\.part)?$")


def kind_of(name: str) -> Kind:
    """The kind by extension, in any case; `Unknown` for the rest (the browser shows that as `download`)."""
    return _KIND_OF.get(suffix(name), "Unknown")


def is_media(name: str) -> bool:
    """Video or audio: what can be played, and what owns sidecars."""
    return kind_of(name) in ("video", "audio")


def is_partial(name: str) -> bool:
    """True for one format of several, or a file that is still being written: `v.f137.mp4`, `v.temp.mkv`."""
    return _PARTIAL.search(name) is not None


def stem_of(name: str) -> str:
    """The name without its last extension."""
    return name[: len(name) - len(suffix(name))]


def owned_by(name: str, names: Iterable[str]) -> list[str]:
    """Files among `names` that belong to `name` and go along when it is renamed or moved, in name order.

    The longest stem wins: beside `Show.mp4` and `Show.S02.mp4`, `Show.S02.en.srt` belongs to the second. A media file
    with a stem of its own belongs to nobody, and a file that is no media takes nothing from one that is.
    """
    present = [sibling for sibling in names if not sibling.startswith(".") and not is_partial(sibling)]
    media_stems = {stem_of(sibling) for sibling in present if is_media(sibling)}
    stem = stem_of(name)
    media_stems.update({stem} if is_media(name) else ())
    owned = []
    for sibling in sorted(present):
        if sibling != name and sibling.startswith(f"{stem}."):
            owners = [candidate for candidate in media_stems if sibling.startswith(f"{candidate}.")]
            if max(owners, key=len, default=stem) == stem and (is_media(name) or not owners):
                owned.append(sibling)
    return owned


def folder_images(names: Iterable[str]) -> list[str]:
    """The directory's own pictures (`poster.jpg` ...) in their order of worth. They never follow one file around."""
    present = {name.lower(): name for name in names}
    return [present[image_name] for image_name in FOLDER_IMAGES if image_name in present]


def sidecars(name: str, names: Iterable[str]) -> Sidecars:
    """The sidecars of `name` by kind, empty kinds left out; `file` is the bare name (see `under`)."""
    present = list(names)
    owned = owned_by(name, present)
    groups: Sidecars = {}
    for sibling in owned:
        kind = kind_of(sibling)
        if kind != "subtitle":
            groups.setdefault(kind, []).append({"file": sibling})
        elif suffix(sibling) in SHOWN_SUBTITLES:
            listed = groups.setdefault(kind, [])
            language = language_of(sibling, stem_of(name))
            label = f"{suffix(sibling)[1:].upper()} ({len(listed)}) - {language}"
            listed.append({"file": sibling, "lang": language, "name": label})
    pictures = [picture for picture in folder_images(present) if picture not in owned and picture != name]
    if pictures:
        groups.setdefault("image", []).extend({"file": picture} for picture in pictures)
    return {kind: groups[kind] for kind in KINDS if kind in groups}


def under(folder: str, groups: Sidecars) -> Sidecars:
    """The same sidecars with `file` below `folder` (`""`: as they are)."""
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    return {kind: [entry | {"file": prefix + entry["file"]} for entry in entries] for kind, entries in groups.items()}
