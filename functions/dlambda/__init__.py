"""Code that all functions share. Layers: docs/architecture.md."""

# The one source of the version: pyproject.toml, the settings and openapi.json take it from here (.ci/version.py).
__version__ = "0.1.0"
