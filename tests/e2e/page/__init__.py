"""The web page in a real browser: page/README.md says how to add a test of a screen."""
