"""Requests whose bodies are JSON."""

from typing import Any

from flask import Request

from dlambda.entry.forms import read_form, takes_forms
from dlambda.entry.json_text import read_json
from dlambda.errors import Invalid


class JsonRequest(Request):
    """A request whose body is JSON whatever its Content-Type says; none is None. Some routes take forms as well."""

    def get_json(self, *_: Any, **__: Any) -> Any:
        """Raises `Invalid` for what is no JSON."""
        body = self.get_data()
        if not body.strip():
            return None
        try:
            return read_json(body)
        except ValueError:
            form = read_form(body, self.content_type or "") if takes_forms(self.method, self.path) else None
            if form is None:
                raise Invalid("Invalid JSON in request body.") from None
            return form
