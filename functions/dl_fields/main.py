"""Download fields: extra inputs of a client's download form."""

from dl_fields.routes import routes
from dlambda.entry.http import http_entry, make_app, make_lambda_handler

app = make_app(routes)
dl_fields = http_entry(app)
lambda_handler = make_lambda_handler(app)
