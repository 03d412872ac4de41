"""The form of what tables and bucket hold, as a number that only grows.

A release refuses what a newer one has written in a form that it does not read.
"""

from typing import Final

from dlambda import __version__

FORM: Final = 1
"""Goes up by one when earlier releases would misread what this one writes (docs/how-to/change-a-table.md)."""
KEY: Final = "form"
"""The row of the table `state`: attributes `form` and `release`, the first one that wrote it. Without a row it is 1."""


def refusal(form: int, release: str) -> str:
    """Why this release leaves the data alone; empty if it reads them."""
    if form <= FORM:
        return ""
    return (
        f"The data were written by dlambda {release}, in a form that this version, {__version__}, does not read. "
        f"Start {release} or a newer one, or restore a copy from before (README.md, Back up). Nothing was changed."
    )
