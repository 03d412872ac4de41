"""Notifications: who hears of which event."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.notifications.routes import routes

app = make_app(routes)
notifications = http_entry(app)
lambda_handler = make_lambda_handler(app)
