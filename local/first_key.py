"""The first API key of this machine: made when there is none yet, and told to the person who started it, once.

An operator who chooses the value (`YTP_ADMIN_KEY`) may do so later as well: when the first one is lost.

`python -m local.first_key` prints it to the supervisor, which shows it; it goes into no log.
"""

import subprocess
import sys
from collections.abc import Mapping

from dlambda.domain.orders.key import ADMIN, id_of_value

_SECONDS = 20


def needs_key(ids_by_name: Mapping[str, str], admin_value: str, secret_key: str) -> bool:
    """True if there is no key yet, or the operator chose another value for `admin`. `ids_by_name`: name -> id."""
    if not ids_by_name:
        return True
    return bool(admin_value) and ADMIN in ids_by_name and ids_by_name[ADMIN] != id_of_value(admin_value, secret_key)


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
            output, _ = self._process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return ""
        return output.strip()


def main() -> None:
    from dlambda.deployment import current
    from dlambda.usecases.orders.keys import choose_admin_key, make_first_key

    new_key, admin_value = make_first_key(), current().settings.admin_key
    if new_key and not admin_value:
        print(new_key)
    if admin_value and not new_key:
        choose_admin_key(admin_value)


if __name__ == "__main__":
    main()
