"""Properties of the host that a process runs on: one machine, or Lambda.

Nothing else asks which of them it is (.ci/host_questions.py): code asks for what it needs, and what is done in two ways
is an object with two implementations, of which this says which one serves.
"""

from dataclasses import dataclass
from typing import Self

from dlambda.settings import Settings


@dataclass(frozen=True, slots=True)
class Hosting:
    """The properties, each for those who need it."""

    behind_gateway: bool
    """API Gateway hands the requests over: anybody may send one, and only under the names of this service."""
    idle_is_free: bool
    """Memory is paid for whether it is used or not, so processes may wait for work to come."""
    has_tools: bool
    """Every process has ffmpeg and deno at hand; else they are where downloads run."""
    is_watched: bool
    """The host keeps figures of processor, memory and disk by itself."""
    log_group: str
    """The group of CloudWatch Logs that collects what processes print, and counts the metrics in it; empty: none."""
    shares_log_folder: bool
    """All processes write into one folder of logs, and see what another writes there."""
    keeps_scratch: bool
    """The scratch folder outlives an invocation, and all functions see it."""
    answers_alone: bool
    """True if one process answers all requests, and lives on behind an answer."""
    hides_failed_messages: bool
    """A message that could not be handled comes again at the end of its queue's visibility; else sooner, at first."""
    socket_url: str
    """Address of the WebSocket API where it is another one than `/ws` below the service; else empty."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The host that the deployment's settings describe."""
        in_lambda = bool(settings.function_name)
        return cls(
            behind_gateway=in_lambda,
            idle_is_free=in_lambda,
            has_tools=not in_lambda,
            is_watched=in_lambda,
            log_group=settings.log_group,
            shares_log_folder=not (settings.log_group or settings.shares_services),
            keeps_scratch=settings.work_durable,
            answers_alone=settings.work_durable and not settings.shares_services and settings.http_workers == 1,
            hides_failed_messages=in_lambda,
            socket_url=settings.socket_endpoint.replace("http", "ws", 1) if in_lambda else "",
        )
