"""Warnings: steps that failed beside the media of an item that has its media (downloads.md 2.2, `warnings`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepWarning:
    """`step`: a post-processor as `postprocessor` names it, or what downloads.md 2.2 lists."""

    step: str
    text: str

    def view(self) -> dict[str, str]:
        """As clients see it."""
        return {"step": self.step, "text": self.text}
