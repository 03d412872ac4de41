"""The image that functions with yt-dlp or ffmpeg are built on: `make base-image` pins what its tag means now.

AWS moves the tag with each patch. `infra/base-image.txt` names a digest, which makes the same image again, for both
architectures; where the file is missing, the tag is taken.
"""

import re
import sys
from pathlib import Path
from typing import Final

import requests

from infra.artifacts import python_version
from local import template

REPOSITORY: Final = "public.ecr.aws/lambda/python"
PIN: Final = template.ROOT / "infra" / "base-image.txt"
# Lists of images of several architectures; the digest of one image would be of one.
_LISTS: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_CHALLENGE: Final = re.compile(r'(\w+)="([^"]*)"')
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_TIMEOUT_SECONDS: Final = 30


class RegistryError(Exception):
    """A registry that does not tell the digest."""


def base_image(pin: Path = PIN) -> str:
    """The image to build on: pinned by its digest, or the tag of the template's Python."""
    return pin.read_text().strip() if pin.exists() else f"{REPOSITORY}:{python_version()}"


def find_digest(origin: str, repository: str, tag: str) -> str:
    """The digest of a tag, of all architectures. `origin`: `https://host`. Raises `RegistryError`."""
    url = f"{origin}/v2/{repository}/manifests/{tag}"
    headers = {"Accept": ", ".join(_LISTS)}
    try:
        answer = requests.head(url, headers=headers, timeout=_TIMEOUT_SECONDS)
        if answer.status_code == 401:  # registries give strangers a token
            headers["Authorization"] = f"Bearer {_token(answer.headers.get('WWW-Authenticate', ''))}"
            answer = requests.head(url, headers=headers, timeout=_TIMEOUT_SECONDS)
    except requests.RequestException as error:
        raise RegistryError(f"{origin} does not answer: {error}") from None
    digest = answer.headers.get("Docker-Content-Digest", "")
    if answer.status_code != 200 or not _DIGEST.fullmatch(digest):
        raise RegistryError(f"{url} tells no digest: {answer.status_code}")
    if answer.headers.get("Content-Type") not in _LISTS:
        raise RegistryError(f"{url} is an image of one architecture.")
    return digest


def _token(challenge: str) -> str:
    """A token for anonymous reading, from the service that a challenge names."""
    fields = dict(_CHALLENGE.findall(challenge))
    realm = fields.pop("realm", "")
    if not realm:
        raise RegistryError("The registry names no token service.")
    answer = requests.get(realm, params=fields, timeout=_TIMEOUT_SECONDS)
    token = answer.json().get("token") if answer.status_code == 200 else None
    if not token:
        raise RegistryError(f"{realm} gives no token: {answer.status_code}")
    return str(token)


def main() -> int:
    host, _, repository = REPOSITORY.partition("/")
    tag = python_version()
    try:
        digest = find_digest(f"https://{host}", repository, tag)
    except RegistryError as error:
        sys.exit(str(error))
    PIN.write_text(f"{REPOSITORY}:{tag}@{digest}\n")
    print(PIN.read_text().strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
