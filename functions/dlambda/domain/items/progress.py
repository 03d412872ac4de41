"""How far a download is: what a worker reports each second, and the fields that clients read (downloads.md 2.2, 9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def speed_text(bytes_per_second: float | None) -> str | None:
    """`2621440.0` -> `"2.5 MiB/s"`."""
    if bytes_per_second is None:
        return None
    value = float(bytes_per_second)
    for unit in _UNITS[:-1]:
        if value < 1024:
            return f"{value:.1f} {unit}/s"
        value /= 1024
    return f"{value:.1f} {_UNITS[-1]}/s"


def eta_text(seconds: float | None) -> str | None:
    """`323` -> `"00:05:23"`."""
    if seconds is None:
        return None
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}"


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress report. Bytes, bytes per second and seconds; null when unknown."""

    status: str
    downloaded_bytes: float | None = None
    total_bytes: float | None = None
    speed_bps: float | None = None
    eta_seconds: float | None = None
    postprocessor: str | None = None
    msg: str | None = None

    @property
    def percent(self) -> float | None:
        if not self.downloaded_bytes or not self.total_bytes:
            return None
        return round(min(100.0, self.downloaded_bytes / self.total_bytes * 100), 2)

    def after(self, report: Mapping[str, Any]) -> Self:
        """The progress after a downloader's `report`: bytes change only upwards of zero, the rest is overwritten."""
        new_bytes = report.get("downloaded_bytes") or 0
        total = report.get("total_bytes") or report.get("total_bytes_estimate")
        return type(self)(
            status=str(report.get("status") or self.status),
            downloaded_bytes=new_bytes if new_bytes > 0 else self.downloaded_bytes,
            total_bytes=total if new_bytes > 0 and total else self.total_bytes,
            speed_bps=report.get("speed"),
            eta_seconds=report.get("eta"),
            postprocessor=report.get("postprocessor"),
            msg=report.get("msg"),
        )

    def fields(self) -> dict[str, Any]:
        """The item fields that this progress decides."""
        return {
            "status": self.status,
            "downloaded_bytes": self.downloaded_bytes,
            "total_bytes": self.total_bytes,
            "percent": self.percent,
            "progress": self.percent,
            "speed": speed_text(self.speed_bps),
            "eta": eta_text(self.eta_seconds),
            "speed_bps": self.speed_bps,
            "eta_seconds": self.eta_seconds,
            "postprocessor": self.postprocessor,
            "msg": self.msg,
        }
