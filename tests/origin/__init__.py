"""Media origins for tests: `python -m tests.origin --port 9000`, or `with Origin() as origin`. Paths: `routes.py`."""

from tests.origin.server import Origin

__all__ = ["Origin"]
