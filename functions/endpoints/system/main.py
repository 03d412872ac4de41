"""System: ping, configuration, pause and resume, documents."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.system.routes import routes
from endpoints.system.stats_routes import routes as stats_routes
from endpoints.system.terminal_routes import routes as terminal_routes

app = make_app(routes, stats_routes, terminal_routes)
system = http_entry(app)
lambda_handler = make_lambda_handler(app)
