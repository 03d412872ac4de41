"""Tasks: URLs that are looked at again and again, and how their pages are read."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.tasks.definition_routes import routes as definition_routes
from endpoints.tasks.routes import routes

app = make_app(routes, definition_routes)
tasks = http_entry(app)
lambda_handler = make_lambda_handler(app)
