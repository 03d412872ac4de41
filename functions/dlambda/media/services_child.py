"""The process that `dlambda.media.services` starts: a job on standard input, its outcomes on standard output."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import apprise

from dlambda.media.sandbox.enter import enter_program


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
    print(json.dumps(outcomes))  # noqa: T201 the answer to the parent


def _tell(url: str, job: dict[str, Any], asset: apprise.AppriseAsset, words: _LastWords) -> dict[str, Any]:
    words.text = ""
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        return {"ok": False, "usable": False, "error": "The URL names no service that is known."}
    ok = bool(service.notify(title=job["title"], body=job["body"]))
    return {"ok": ok, "usable": True, "error": None if ok else words.text or "The service refused it."}


if __name__ == "__main__":
    main()
