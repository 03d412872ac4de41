"""Why the service cannot start."""


class StartError(Exception):
    """The service cannot start; the text says why and what to do."""
