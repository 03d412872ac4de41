"""The routes of `/api/presets` (docs/contract/rules.md 2)."""

from dlambda.domain.rules.resource import PRESETS
from dlambda.entry.resource import make_resource_routes
from endpoints.presets.listing import arrange, names_only
from endpoints.presets.schemas import PresetQuery, PresetView

routes = make_resource_routes(
    PRESETS,
    "Named sets of folder, template, cookies and options",
    model=PresetView,
    query=PresetQuery,
    arrange=arrange,
    shorten=names_only,
)
