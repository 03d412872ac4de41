"""yt-dlp: options explained, commands written, metadata and archive ids looked up."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.ytdlp.routes import routes

app = make_app(routes)
ytdlp = http_entry(app)
lambda_handler = make_lambda_handler(app)
