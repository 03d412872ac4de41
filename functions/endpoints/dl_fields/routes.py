"""The routes of `/api/dl_fields` (docs/contract/rules.md 5)."""

from dlambda.domain.rules.resource import DL_FIELDS
from dlambda.entry.resource import make_resource_routes
from endpoints.dl_fields.schemas import DownloadFieldView

routes = make_resource_routes(DL_FIELDS, "Extra inputs of the download form", model=DownloadFieldView)
