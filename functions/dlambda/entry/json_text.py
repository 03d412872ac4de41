"""JSON as clients send it: what Python's reader lets through and UTF-8 cannot hold is no JSON."""

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """Raises `ValueError` for what is no JSON, is nested too deeply, or holds half a character (a lone surrogate)."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value
