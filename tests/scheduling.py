"""Which tests one process of `pytest -n` runs together."""

from xdist.scheduler import LoadFileScheduling

_TOGETHER = ("tests/security/", "tests/e2e/page/")  # their lab, browser and services take seconds to start


class ByServices(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """As `--dist loadfile`, but one process runs all files that share services."""

    def _split_scope(self, nodeid: str) -> str:
        together = next((folder for folder in _TOGETHER if nodeid.startswith(folder)), None)
        return together or str(super()._split_scope(nodeid))
