"""JSON as clients send it: what Python's reader lets through and others cannot read is no JSON."""

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """Raises `ValueError` for what is no JSON, is nested too deeply, or holds half a character or NaN."""
    try:
        value = json.loads(text)
        # Lone surrogates; NaN and Infinity, also those that a number like 1e999 became.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value
