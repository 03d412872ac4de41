"""What the operator owns in its own network: reached by workers under addresses that stand for it in one job alone.

A worker asks its parent for each connection, and the parent refuses private addresses. A proxy of the operator may have
one. So a job names it by a made-up address of a range that no network has, drawn anew for each job, which the parent
alone turns into the proxy's own; the same proxy's real address stays refused to the job, whoever names it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from dlambda.deployment import current
from dlambda.domain.web.proxy_pool import Proxy, parse_proxies
from dlambda.media.ytdlp.worker_jobs import DownloadJob, ExtractJob, Job, RecordJob

_RESERVED: Final = int(IPv4Address("240.0.0.0"))
_HOST_BITS: Final = 27  # below the range's end, which is the broadcast address
Aliases = tuple[tuple[str, str, int], ...]
"""Made-up address, host and port of what it stands for."""


def with_aliases(job: Job) -> tuple[Job, Aliases]:
    """The job with a made-up address in place of a proxy of the operator, and what that stands for."""
    if not isinstance(job, (DownloadJob, ExtractJob, RecordJob)) or not isinstance(job.params, Mapping):
        return job, ()
    proxy = next((own for own in parse_proxies(current().settings.proxies) if own.url == job.params.get("proxy")), None)
    if proxy is None or proxy.url.startswith("https:"):  # whose certificate is for its name
        return job, ()
    address, alias = _alias_of(proxy)
    return replace(job, params={**job.params, "proxy": address}), (alias,)


def _alias_of(proxy: Proxy) -> tuple[str, tuple[str, str, int]]:
    address = str(IPv4Address(_RESERVED + secrets.randbits(_HOST_BITS)))
    return proxy.at(address), (address, proxy.host, proxy.port)
