"""Paths of the page's routes."""

from pydantic import BaseModel, Field


class PagePath(BaseModel):
    path: str = Field(description="of a screen, or of a file that the page loads")
