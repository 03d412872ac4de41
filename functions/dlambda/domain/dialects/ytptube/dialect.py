"""The dialect of ytptube, of its versions of March and August 2026 at once (docs/contract/dialects.md)."""

from typing import Final

from dlambda.domain.dialects.dialect import Dialect, Routes
from dlambda.domain.dialects.ytptube import answers, history
from dlambda.domain.dialects.ytptube.errors import explained
from dlambda.domain.dialects.ytptube.events import frames

YTPTUBE: Final = Dialect(
    name="ytptube",
    open_routes=frozenset({"GET /api/ping"}),
    queries=Routes({"GET /api/history": history.list_query}),
    answers=Routes(
        {
            "GET /api/history": history.listed,
            "POST /api/history": history.added,
            "DELETE /api/history": history.deleted,
            "GET /api/history/add": answers.statuses({404: 400}),
            "GET /api/history/live": history.live,
            "POST /api/history/start": history.words,
            "POST /api/history/pause": history.words,
            "POST /api/history/force-start": history.words,
            "POST /api/history/position": history.words,
            "POST /api/history/cancel": answers.unchanged,
            "POST /api/history/retry": answers.unchanged,
            "GET /api/history/<id>": history.item_of,
            "POST /api/history/<id>": history.item_of,
            "POST /api/history/<id>/rename": history.item_of,
            "POST /api/history/<id>/archive": history.archived,
            "DELETE /api/history/<id>/archive": history.unarchived,
            "POST /api/history/<id>/nfo": answers.statuses({409: 400}),
            "GET /api/system/configuration": answers.configuration,
            "POST /api/system/check-updates": answers.updates,
            "GET /api/yt-dlp/options": answers.options,
            "GET /api/yt-dlp/url/info": answers.url_info,
            "POST /api/yt-dlp/convert": answers.converted,
            "DELETE /api/archiver": answers.unmarked,
            "POST /api/file/actions": answers.file_actions,
            "GET /api/file/browser": answers.folder,
            "GET /api/file/browser/<path>": answers.folder,
        }
    ),
    errors=explained,
    events=frames,
)
