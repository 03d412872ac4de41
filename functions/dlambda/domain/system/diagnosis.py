"""Checks of the service and its machine, and what they come to (docs/contract/system.md 5, diagnostics). Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class CheckStatus(StrEnum):
    PASS = "pass"  # noqa: S105 a status
    FAIL = "fail"
    WARN = "warn"
    SKIP = "skip"  # does not apply here


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of the service. `required`: nothing is downloaded when it fails.

    `label`, `description` and `message` are for people; `details` are values that programs may read.
    """

    id: str
    label: str
    group: str
    status: CheckStatus
    description: str
    message: str
    required: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    def view(self) -> dict[str, Any]:
        return {**asdict(self), "status": self.status.value, "details": dict(self.details)}


def summarise(checks: Iterable[Check]) -> dict[str, int]:
    """Counts by status, in all, and of required ones that failed."""
    checks = list(checks)
    counts = Counter(check.status for check in checks)
    return {
        "total": len(checks),
        **{status.value: counts[status] for status in CheckStatus},
        "required_failed": sum(check.required and check.status is CheckStatus.FAIL for check in checks),
    }


def overall(summary: Mapping[str, int]) -> str:
    """`error` when a required check failed, `degraded` when another failed or warns, else `ok`."""
    if summary["required_failed"]:
        return "error"
    return "degraded" if summary["fail"] or summary["warn"] else "ok"
