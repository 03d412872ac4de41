"""The first API key of this machine: made when there is none yet, and told to the person who started it, once.

An operator who chooses the value (`YTP_ADMIN_KEY`) may do so later as well: when the first one is lost.

`python -m local.first_key` prints it to the supervisor, which shows it; it goes into no log.
"""

import subprocess
import sys
from collections.abc import Mapping

from dlambda.domain.orders.key import ADMIN, id_of_value

_SECONDS = 20


def needs_key(known: Mapping[str, str], chosen: str, secret_key: str) -> bool:
    """Whether there is no key yet, or the operator chose another value for `admin`. `known`: name -> id."""
    if not known:
        return True
    return bool(chosen) and ADMIN in known and known[ADMIN] != id_of_value(chosen, secret_key)


class FirstKey:
    """Makes or changes the key in a process of its own, beside the start: loading the store takes a while."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local.first_key"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def value(self) -> str:
        """The new key; empty when there was one already, or the operator has set it."""
        try:
            told, _ = self._process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return ""
        return told.strip()


def main() -> None:
    from dlambda.settings import get_settings
    from dlambda.usecases.orders.keys import choose_admin_key, make_first_key

    made, chosen = make_first_key(), get_settings().admin_key
    if made and not chosen:
        print(made)
    if chosen and not made:
        choose_admin_key(chosen)


if __name__ == "__main__":
    main()
