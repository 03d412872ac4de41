"""Cookies: the jars of sites."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.cookies.routes import routes

app = make_app(routes)
cookies = http_entry(app)
lambda_handler = make_lambda_handler(app)
