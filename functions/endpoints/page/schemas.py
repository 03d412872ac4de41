"""Paths of the page's routes."""

from pydantic import Field

from dlambda.entry.model import Model


class PagePath(Model):
    path: str = Field(description="of a screen, or of a file that the page loads")
