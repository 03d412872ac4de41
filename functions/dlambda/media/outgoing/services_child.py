"""The process that `dlambda.media.outgoing.services` starts: a job on standard input, its outcomes on standard output.

Services of this machine are taken out of Apprise, and files are read where programs and certificates lie alone: also
what the Apprise file of the settings names is bound to that.
"""

import json
import logging
import os
import ssl
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apprise
import certifi
from apprise.manager_attachment import AttachmentManager
from apprise.manager_plugins import NotificationManager

from dlambda.domain.rules.service_url import LOCAL_SERVICES, check_service_url
from dlambda.errors import Invalid
from dlambda.media.sandbox.enter import enter_program

_CODE_ENDINGS = (".py", ".pyc", ".so", "METADATA", "entry_points.txt")


class _LastWords(logging.Handler):
    """Keeps what Apprise says about a failure: its own answer is only yes or no."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


def main() -> None:
    enter_program()
    job = json.load(sys.stdin)
    _remove_local_services()
    _confine_reading(Path(tempfile.gettempdir()), job["config"])
    print(json.dumps(_tell_all(job)))  # noqa: T201 the answer to the parent


def _remove_local_services() -> None:
    services: Any = NotificationManager()  # type: ignore[no-untyped-call]
    attachments: Any = AttachmentManager()  # type: ignore[no-untyped-call]
    services.load_modules()
    services.disable(*LOCAL_SERVICES)
    attachments.load_modules()
    attachments.remove("file")


def _confine_reading(folder: Path, config: str) -> None:
    """From here on this process reads code, certificates, time zones, `folder` and `config` alone."""
    certificates = ssl.get_default_verify_paths()
    places = [
        sys.prefix, sys.base_prefix, str(Path(apprise.__file__).parent), certifi.where(), certificates.cafile,
        certificates.capath, certificates.openssl_cafile, certificates.openssl_capath, "/usr/share/zoneinfo",
        "/etc/localtime", "/etc/mime.types", os.devnull, "/dev/urandom", str(folder), config,
    ]  # fmt: skip
    whole = [os.path.realpath(place) for place in places if place]
    # Among these may be the folder of the service, in which its data lie.
    code = [os.path.realpath(place) for place in sys.path if place]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not isinstance(arguments[0], int):
            real = os.path.realpath(os.fsdecode(arguments[0]))
            is_code = real.endswith(_CODE_ENDINGS) and _is_below(real, code)
            if not is_code and not _is_below(real, whole):
                raise PermissionError("Reading this file is not allowed.")

    sys.addaudithook(hook)


def _is_below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or path.startswith(root + os.sep) for root in roots)


def _tell_all(job: dict[str, Any]) -> list[dict[str, Any]]:
    words = _LastWords()
    logging.getLogger("apprise").addHandler(words)
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True)
    outcomes = [_tell(url, job, asset, words) for url in job["urls"]]
    if job["config"] and Path(job["config"]).is_file():
        config = apprise.AppriseConfig(asset=asset)
        config.add(job["config"])
        everyone = apprise.Apprise(asset=asset)
        everyone.add(config)
        everyone.notify(title=job["title"], body=job["body"])
    return outcomes


def _tell(url: str, job: dict[str, Any], asset: apprise.AppriseAsset, words: _LastWords) -> dict[str, Any]:
    words.text = ""
    try:
        check_service_url(url)
    except Invalid as refused:
        return {"ok": False, "usable": False, "error": refused.message}
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        return {"ok": False, "usable": False, "error": "The URL names no service that is known."}
    ok = bool(service.notify(title=job["title"], body=job["body"]))
    return {"ok": ok, "usable": True, "error": None if ok else words.text or "The service refused it."}


if __name__ == "__main__":
    main()
