"""Auth: accounts, sessions, API keys, and signing in."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.auth.account_routes import routes as account_routes
from endpoints.auth.routes import routes

app = make_app(routes, account_routes)
auth = http_entry(app)
lambda_handler = make_lambda_handler(app)
