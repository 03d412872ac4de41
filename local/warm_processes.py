"""The warm processes of yt-dlp (`dlambda/media/workers/warm_process.py`), which the gateway and the worker share.

Whoever needs one sends a datagram with the folder of yt-dlp's release, and with the end of a control socket, which goes
on to the process of that release. Each holds 60 to 80 MB, and ends when nobody has needed it for a while.
"""

import contextlib
import socket
from collections.abc import Mapping
from pathlib import Path

from dlambda.media.workers.warm_process import IDLE_SECONDS, OwnWarmProcess, take_client


class WarmProcesses:
    """The running warm processes, by the folder of their release.

    `listener`: where the datagrams arrive. `environ`: what a client's processes inherit. `log`: where they print.
    """

    def __init__(self, listener: socket.socket, environ: Mapping[str, str], log: Path) -> None:
        self._listener = listener
        self._environ = environ
        self._log = log
        self.running: dict[str, OwnWarmProcess] = {}

    def fileno(self) -> int:
        """The descriptor that tells of datagrams."""
        return self._listener.fileno()

    def serve(self) -> None:
        """Takes what has come; never waits. Who asked in vain sees its control socket end."""
        with contextlib.suppress(BlockingIOError):
            while True:
                release, client = take_client(self._listener)
                with client:
                    try:
                        self._introduce(release, client)
                    except OSError as error:
                        print(f"yt-dlp's warm process could not be started ({error.strerror})", flush=True)

    def _introduce(self, release: str, client: socket.socket) -> None:
        """To the one that runs; one that is gone is replaced."""
        self._close_ended()
        if release in self.running:
            with contextlib.suppress(OSError):
                return self.running[release].introduce(client)
            self.running.pop(release).close()
        with self._log.open("ab") as output:
            self.running[release] = OwnWarmProcess(release, IDLE_SECONDS, self._environ, output)
        return self.running[release].introduce(client)

    def _close_ended(self) -> None:
        for release in [release for release, warm in self.running.items() if not warm.usable]:
            self.running.pop(release).close()
