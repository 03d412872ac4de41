"""How far a recording is: what stands beside its file, so that it goes on from there."""

from dataclasses import dataclass, field
from pathlib import Path

from dlambda.media.ytdlp.resume import new_generation, read_json

STATE_SUFFIX = ".live.json"


@dataclass
class RecordingState:
    """The recording so far, as it is stored. Offsets and sizes in bytes."""

    next: int | None = None
    bytes: int = 0
    beginning: str | None = None  # hash of the initialisation that the present part has
    parts: list[int] = field(default_factory=list)  # where a part begins, the first one (0) left out
    marks: dict[str, list[str]] = field(default_factory=dict)  # of the latest segments: number -> hash, name
    jumps: int = 0  # how often the times of its segments may have begun again
    lost: int = 0
    lost_seconds: float = 0.0
    written_at: float = 0.0  # unix seconds of the latest segment
    generation: str = field(default_factory=new_generation)

    @classmethod
    def load(cls, path: Path) -> "RecordingState":
        document = read_json(path)
        return cls(**{name: document[name] for name in cls.__dataclass_fields__ if name in document})

    @property
    def missing_text(self) -> str | None:
        """A sentence on what the recording lacks; None when it lacks nothing."""
        if not self.lost:
            return None
        noun = "segment is" if self.lost == 1 else "segments are"
        return f"{self.lost} {noun} missing, about {self.lost_seconds:.0f} s: the site did not have them any more."
