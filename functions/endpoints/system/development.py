"""`/api/dev/*`: for operators, in development mode alone (docs/contract/system.md 7)."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dlambda.deployment import current
from dlambda.errors import Forbidden


def _check_mode() -> None:
    if current().settings.app_env != "development":
        raise Forbidden("This endpoint is only available in development mode.")


def loop() -> dict[str, Any]:
    """Functions have no event loop of their own: there are no tasks."""
    _check_mode()
    return {"total_tasks": 0, "loop": "none: requests are answered in threads", "tasks": []}


def packages() -> dict[str, Any]:
    """Versions of the packages in the setting `pip_packages`."""
    _check_mode()
    names = current().settings.pip_packages.split()
    if not names:
        return {"message": "No pip packages configured."}
    return {name: _version_of(name) for name in names}


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
