"""The routes of `/api/thumbnail` and `/api/random/background` (docs/contract/system.md 9)."""

from flask import Response

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import binary, make_routes, problems
from endpoints.images import background, thumbnail
from endpoints.images.schemas import BackgroundQuery, ThumbnailQuery

routes = make_routes("images", "Pictures from elsewhere")


@routes.get("/api/thumbnail", permission=Permission.READ_ITEMS, responses={200: binary("image/*"), **problems(403)})
def get_thumbnail(query: ThumbnailQuery) -> Response:
    """A picture of a site, fetched for the client and remembered."""
    return thumbnail.answer(query.url or "")


@routes.get("/api/random/background", permission=Permission.READ_SYSTEM, responses={200: binary("image/*")})
def get_background(query: BackgroundQuery) -> Response:
    """A random picture, the same for an hour."""
    return background.answer(force=bool(query.force))
