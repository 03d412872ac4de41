"""Presets: named sets of folder, template, cookies and options."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.presets.routes import routes

app = make_app(routes)
presets = http_entry(app)
lambda_handler = make_lambda_handler(app)
