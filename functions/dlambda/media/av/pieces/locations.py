"""How FFmpeg gets a file's location: a path, a URL, or `fd:NUMBER`, a descriptor of the process that reads.

Without PyAV: processes that only start ffmpeg use it, too.
"""

from pathlib import Path

from dlambda.media.av.formats import CONTAINERS

_DESCRIPTOR = "fd:"


def is_remote(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def of_descriptor(number: int) -> str:
    """The location of an open file."""
    return f"{_DESCRIPTOR}{number}"


def descriptor_of(location: str) -> int | None:
    """The descriptor that a location names; None for a path and a URL."""
    return int(location.removeprefix(_DESCRIPTOR)) if location.startswith(_DESCRIPTOR) else None


def input_name(location: str) -> str:
    """The location as FFmpeg takes it: no character of a path is read as an option or a protocol."""
    if descriptor_of(location) is not None:
        return _DESCRIPTOR
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
    formats = {"format_whitelist": ",".join(CONTAINERS)}
    if is_remote(location):
        return formats | {"protocol_whitelist": "http,https,tcp,tls,httpproxy"} | _PATIENCE
    if (number := descriptor_of(location)) is not None:
        return formats | {"protocol_whitelist": "fd", "fd": str(number)}
    return formats | {"protocol_whitelist": "file"}
