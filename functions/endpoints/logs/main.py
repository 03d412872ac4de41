"""Logs: pages of the log, and the log as it grows."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.logs.routes import routes

app = make_app(routes)
logs = http_entry(app)
lambda_handler = make_lambda_handler(app)
