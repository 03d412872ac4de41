"""File: what lies below the download root."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.file.routes import routes

app = make_app(routes)
file = http_entry(app)
lambda_handler = make_lambda_handler(app)
