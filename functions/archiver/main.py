"""Archiver: the download archives by preset."""

from archiver.routes import routes
from dlambda.entry.http import http_entry, make_app, make_lambda_handler

app = make_app(routes)
archiver = http_entry(app)
lambda_handler = make_lambda_handler(app)
