"""Keys: the key API, which makes a file of a URL for programs that hold an API key."""

from dlambda.entry.http import http_entry, make_app, make_lambda_handler
from endpoints.keys.routes import routes

_MOST_BYTES = 256 * 1024

app = make_app(routes, authenticated=False)
app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
keys = http_entry(app)
lambda_handler = make_lambda_handler(app)
