"""Which tests one process of `pytest -n` runs together."""

from xdist.scheduler import LoadFileScheduling

_TOGETHER = "tests/security/"  # their lab, and the services in it, take seconds to start


class ByServices(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """As `--dist loadfile`, but one process runs all files that share services."""

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else str(super()._split_scope(nodeid))
