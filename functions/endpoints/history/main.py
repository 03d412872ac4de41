"""History: add, list, read, change and remove items."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.history.routes import routes

app = make_app(routes)
history = http_entry(app)
lambda_handler = make_lambda_handler(app)
