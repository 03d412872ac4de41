"""A user whose credentials differ in the two base64 alphabets, and need padding."""

import base64

USER = "ada"
PASSWORD = "a:b~~~>>>??ü"
ADMIN_KEY = "the-operators-own-key"  # of the key API


def standard(user: str = USER, password: str = PASSWORD) -> str:
    """Base64 with `+`, `/` and padding."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def urlsafe(user: str = USER, password: str = PASSWORD) -> str:
    """Base64 with `-` and `_`."""
    return base64.urlsafe_b64encode(f"{user}:{password}".encode()).decode()


def basic(user: str = USER, password: str = PASSWORD) -> str:
    """The value of an Authorization header."""
    return f"Basic {standard(user, password)}"
