"""Download fields: extra inputs of a client's download form."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.dl_fields.routes import routes

app = make_app(routes)
dl_fields = http_entry(app)
lambda_handler = make_lambda_handler(app)
