"""The web page: its shell at every address of a screen, and the files that the shell loads."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.page.routes import routes

# Whoever is to sign in needs the page first; it holds nothing but what is published with the source.
app = make_app(routes, authenticated=False)
page = http_entry(app)
lambda_handler = make_lambda_handler(app)
