"""Inside a worker process: the relay through which native code reaches the network, directly or by a proxy."""

import socket
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from yt_dlp.networking._helper import create_socks_proxy_socket, make_socks_proxy_opts

from dlambda.media.sandbox import enter
from dlambda.media.workers.child.ffmpeg_proxy import Connect, Relay, Route, Upstream

_CONNECT_SECONDS: Final = 20.0


def through_socks(proxy: str) -> Connect:
    """Connections through a SOCKS proxy; for other kinds there are none, rather than some beside it."""

    def connect(host: str, port: int) -> socket.socket:
        if not proxy.startswith("socks"):
            raise OSError(f"A proxy of this kind cannot be used here: {urlsplit(proxy).scheme}")
        options = make_socks_proxy_opts(proxy)
        # An address, not a name: the guard judges addresses.
        place = socket.getaddrinfo(options["addr"], options["port"], type=socket.SOCK_STREAM)[0]
        connection: socket.socket = create_socks_proxy_socket((host, port), options, place, _CONNECT_SECONDS, None)
        return connection

    return connect


@lru_cache(maxsize=1)
def relay() -> Relay:
    """The relay of this process, at the one port that its sandbox can connect to."""
    return Relay(listener=enter.relay_listener).start()


@lru_cache(maxsize=32)
def relay_to(proxy: str) -> str:
    """The relay's URL for what goes through `proxy`, in one of the forms that yt-dlp takes; `""`: directly."""
    if not proxy:
        return relay().url
    upstream = Upstream.parse(proxy)
    return relay().add(Route(upstream) if upstream else Route(connect=through_socks(proxy)))
