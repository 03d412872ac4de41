"""The operator's services in its own network: reached by workers under addresses that stand for it in one job alone.

A worker asks its parent for each connection, and the parent refuses private addresses. A proxy of the operator may have
one. So a job names it by a made-up address of a range that no network has, drawn anew for each job, which the parent
alone turns into the proxy's own; the same proxy's real address stays refused to the job, whoever names it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any, Final
from urllib.parse import urlsplit

from dlambda.deployment import current
from dlambda.domain.web.proxy_pool import parse_proxies
from dlambda.media.ytdlp.plugins import POT_ARGUMENTS, POT_PROVIDER
from dlambda.media.ytdlp.worker_jobs import DownloadJob, ExtractJob, Job, RecordJob

_RESERVED: Final = int(IPv4Address("240.0.0.0"))
_HOST_BITS: Final = 27  # below the range's end, which is the broadcast address
_HTTP_PORT: Final = 80
Params = Mapping[str, Any]
Aliases = tuple[tuple[str, str, int], ...]
"""Made-up address, host and port of what it stands for."""


def with_aliases(job: Job) -> tuple[Job, Aliases]:
    """The job with made-up addresses in place of what the operator owns, and what they stand for."""
    if not isinstance(job, (DownloadJob, ExtractJob, RecordJob)) or not isinstance(job.params, Mapping):
        return job, ()
    params, of_proxy = _with_proxy(job.params)
    params, of_provider = _with_pot_provider(params)
    job = replace(job, params=params)
    if isinstance(job, (DownloadJob, ExtractJob)) and _names_provider(params, of_provider):
        job = replace(job, plugins=(POT_PROVIDER,))
    return job, (*of_proxy, *of_provider)


def _with_proxy(params: Params) -> tuple[Params, Aliases]:
    proxy = next((own for own in parse_proxies(current().settings.proxies) if own.url == params.get("proxy")), None)
    if proxy is None or proxy.url.startswith("https:"):  # whose certificate is for its name
        return params, ()
    address = _draw_address()
    return {**params, "proxy": proxy.at(address)}, ((address, proxy.host, proxy.port),)


def _with_pot_provider(params: Params) -> tuple[Params, Aliases]:
    if not _names_provider(params):
        return params, ()
    parts = urlsplit(current().settings.pot_provider_url)
    if parts.scheme != "http" or not parts.hostname:
        return params, ()
    address, port = _draw_address(), parts.port or _HTTP_PORT
    arguments = {"base_url": [f"http://{address}:{port}{parts.path.rstrip('/')}"]}
    extractor_args = {**(params.get("extractor_args") or {}), POT_ARGUMENTS: arguments}
    return {**params, "extractor_args": extractor_args}, ((address, parts.hostname, port),)


def _names_provider(params: Params, aliases: Aliases = ()) -> bool:
    """True if the options name the operator's provider of tokens, by its own address or by its made-up one."""
    url = current().settings.pot_provider_url
    arguments: Params = params.get("extractor_args") or {}
    return bool(url) and (bool(aliases) or arguments.get(POT_ARGUMENTS, {}).get("base_url") == [url])


def _draw_address() -> str:
    return str(IPv4Address(_RESERVED + secrets.randbits(_HOST_BITS)))
