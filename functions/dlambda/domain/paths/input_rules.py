"""Settings of a deployment that checks of users' input depend on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputRules:
    """`download_path`: the virtual root, which refusals name. `allow_internal_urls`: private addresses may be named."""

    download_path: str = "/downloads"
    allow_internal_urls: bool = False


DEFAULT_RULES = InputRules()
