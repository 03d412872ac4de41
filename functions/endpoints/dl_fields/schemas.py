"""Answers of `/api/dl_fields`."""

from pydantic import Field

from dlambda.domain.rules.field import DownloadFieldInput


class DownloadFieldView(DownloadFieldInput):
    id: int = Field(examples=[3])
