"""Archiver: the download archives by preset."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.archiver.routes import routes

app = make_app(routes)
archiver = http_entry(app)
lambda_handler = make_lambda_handler(app)
