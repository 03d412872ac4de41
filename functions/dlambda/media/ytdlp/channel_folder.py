"""The folder that an output template yields for a channel (docs/contract/tasks.md 2, metadata)."""

from collections.abc import Mapping
from typing import Any

from dlambda.domain.files.plain_name import plain_path
from dlambda.media.ytdlp import curl_library


def folder_of_template(template: str, info: Mapping[str, Any]) -> str:
    """The directory part of the name that yt-dlp makes of `template`, relative to the download root; `""` for none."""
    curl_library.hide()
    from yt_dlp import YoutubeDL  # heavy; only this and the worker's processes need it

    params = {"outtmpl": {"default": template}, "quiet": True, "windowsfilenames": False}
    with YoutubeDL(params, auto_init=False) as ydl:
        name = str(ydl.prepare_filename({"ext": "mp4", **info}))
    return plain_path(name.rpartition("/")[0])
