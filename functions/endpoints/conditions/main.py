"""Conditions: what becomes of items whose metadata passes a filter."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.conditions.routes import routes

app = make_app(routes)
conditions = http_entry(app)
lambda_handler = make_lambda_handler(app)
