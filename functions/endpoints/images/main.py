"""Images: thumbnails of sites, and a background for the page."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.images.routes import routes

app = make_app(routes)
images = http_entry(app)
lambda_handler = make_lambda_handler(app)
