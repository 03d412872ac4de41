"""Facts of a file that a playlist needs: its length, what browsers cannot play of it, where it may be cut."""

from dataclasses import dataclass

from dlambda.domain.files.segment import Conversion, Segment, fixed_grid, grid_from


@dataclass(frozen=True)
class Timeline:
    """Seconds; `starts` of the segments when they follow key frames, else None. `bit_rate` in bits a second.

    `is_of_copy`: the file does not say its length, or its time stamps begin anew, so that a copy of it must be cut.
    """

    duration: float | None
    convert_video: bool
    convert_audio: bool
    starts: list[float] | None
    bit_rate: int
    is_of_copy: bool = False

    @property
    def conversion(self) -> Conversion:
        return Conversion(video=self.convert_video, audio=self.convert_audio)

    @property
    def segments(self) -> list[Segment]:
        """The file's segments; none without a duration."""
        if not self.duration:
            return []
        return fixed_grid(self.duration) if self.starts is None else grid_from(self.starts, self.duration)
