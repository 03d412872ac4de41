"""What a deployment allows users to write, as far as checks of their input ask for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputRules:
    """`download_path`: the virtual root, which refusals name. `allow_internal_urls`: private addresses may be named."""

    download_path: str = "/downloads"
    allow_internal_urls: bool = False


DEFAULT_RULES = InputRules()
