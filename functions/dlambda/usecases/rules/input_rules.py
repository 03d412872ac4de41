"""The rules for users' input, as this deployment's settings say."""

from dlambda.deployment import current
from dlambda.domain.paths.input_rules import InputRules


def input_rules() -> InputRules:
    """Builds the rules from the settings."""
    settings = current().settings
    return InputRules(settings.download_path, settings.allow_internal_urls)
