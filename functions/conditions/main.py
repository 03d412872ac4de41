"""Conditions: what becomes of items whose metadata passes a filter."""

from conditions.routes import routes
from dlambda.entry.http import http_entry, make_app, make_lambda_handler

app = make_app(routes)
conditions = http_entry(app)
lambda_handler = make_lambda_handler(app)
