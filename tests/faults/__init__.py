"""Faults and what becomes of downloads under them: `python -m tests.faults` (docs/faults.md)."""
