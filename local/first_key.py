"""The first API key of this machine: made when there is none yet, and told to the person who started it, once.

An operator who chooses the value (`YTP_ADMIN_KEY`) may do so later as well: when the first one is lost.

A process of its own prints it to the supervisor, which shows it; it goes into no log.
"""

import subprocess
import tempfile
from collections.abc import Mapping

from dlambda.domain.orders.key import ADMIN, id_of_value
from local.forked import Plan, fork

_SECONDS = 20


def needs_key(ids_by_name: Mapping[str, str], admin_value: str, secret_key: str) -> bool:
    """True if there is no key yet, or the operator chose another value for `admin`. `ids_by_name`: name -> id."""
    if not ids_by_name:
        return True
    return bool(admin_value) and ADMIN in ids_by_name and ids_by_name[ADMIN] != id_of_value(admin_value, secret_key)


class FirstKey:
    """Makes or changes the key in a process of its own, beside the start."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 closed when it has been read
        self._process = fork(Plan("local.first_key", main, environ), self._output)

    def value(self) -> str:
        """The new key; empty when there was one already, or the operator has set it."""
        try:
            status = self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            return ""
        with self._output as output:
            output.seek(0)
            return "" if status else output.read().decode().strip()


def main() -> None:
    """Prints the new key."""
    # The supervisor, which this process is forked from, needs none of it.
    from dlambda.deployment import current
    from dlambda.usecases.orders.keys import choose_admin_key, make_first_key

    new_key, admin_value = make_first_key(), current().settings.admin_key
    if new_key and not admin_value:
        print(new_key)
    if admin_value and not new_key:
        choose_admin_key(admin_value)
