"""How FFmpeg gets a file's location, a path or a URL. Without PyAV: processes that only start ffmpeg use it, too."""

from pathlib import Path

from dlambda.media.av.formats import CONTAINERS


def is_remote(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def input_name(location: str) -> str:
    """The location as FFmpeg takes it: no character of a path is read as an option or a protocol."""
    return location if is_remote(location) else f"file:{Path(location).absolute()}"


# A request that a store refuses for a moment would pass for the end of the file: sound or pictures would be missing.
_PATIENCE = {
    "reconnect": "1",
    "reconnect_on_network_error": "1",
    "reconnect_on_http_error": "429,5xx",
    "reconnect_delay_max": "2",
}


def input_options(location: str) -> dict[str, str]:
    """FFmpeg's options for reading this location: what it may open, and how often it tries."""
    protocols = "http,https,tcp,tls,httpproxy" if is_remote(location) else "file"
    allowed = {"protocol_whitelist": protocols, "format_whitelist": ",".join(CONTAINERS)}
    return allowed | _PATIENCE if is_remote(location) else allowed
