"""Player: playlists, segments and subtitles for browsers."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.player.routes import routes

app = make_app(routes)
player = http_entry(app)
lambda_handler = make_lambda_handler(app)
