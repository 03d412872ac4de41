"""Links in the library of one machine, which its bucket cannot show: nothing is written through one that leads out."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlambda.deployment import current
from dlambda.errors import Invalid

_WRITES = ("PutObject", "CopyObject", "CreateMultipartUpload")
_ROOT = "files/"


def refuse_links(client: Any) -> None:
    """Has each write of an S3 client checked before it is sent."""

    def check(params: Mapping[str, Any], **_: Any) -> None:
        check_key(str(params.get("Key", "")))

    for operation in _WRITES:
        client.meta.events.register(f"provide-client-params.s3.{operation}", check)


def check_key(key: str) -> None:
    """Raises `Invalid` when a folder of the key is a link that leads out of the bucket's folder.

    The media engine is kept from going there by the kernel, where that can (docs/decisions/engines.md); this is the
    clear text, and the refusal where it cannot.
    """
    folder = current().settings.library_dir
    if not folder:
        return
    root = os.path.realpath(folder)
    path = Path(folder)
    for part in key.split("/")[:-1]:
        path /= part
        if path.is_symlink() and not f"{os.path.realpath(path)}/".startswith(f"{root}/"):
            shown_path = str(path.relative_to(folder)).removeprefix(_ROOT)
            raise Invalid(f"'{shown_path}' is a link that leads out of the download folder.")
