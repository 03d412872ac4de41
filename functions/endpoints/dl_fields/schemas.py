"""Answers of `/api/dl_fields`."""

from pydantic import ConfigDict, Field

from dlambda.domain.rules.field import DownloadFieldInput


class DownloadFieldView(DownloadFieldInput):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: int = Field(examples=[3])
