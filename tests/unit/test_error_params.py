"""`params` of errors, for clients that translate them: docs/contract/system.md 3."""

import pytest

from dlambda.domain.web.error_params import params_of


@pytest.mark.parametrize(
    ("path", "code", "text", "params"),
    [
        ("/api/presets/7", "NOT_FOUND", "Preset not found.", {"resource": "api.resources.preset"}),
        ("/api/tasks/7", "ALREADY_EXISTS", "x", {"resource": "api.resources.task"}),
        ("/api/tasks/definitions/7", "NOT_FOUND", "x", {"resource": "api.resources.taskDefinition"}),
        ("/api/archiver", "NOT_FOUND", "x", {"resource": "archiver"}),
        ("/api/yt-dlp/url/info", "REQUIRED", "URL is required.", {"field": "api.fields.url"}),
        ("/api/system/terminal", "REQUIRED", "Command is required.", {"field": "api.fields.command"}),
        ("/api/history", "INVALID", "per_page must be between 1 and 1000.", {"field": "api.fields.per_page"}),
        ("/api/history", "INVALID", "colour must be red.", {"field": "colour"}),
        ("/api/history", "INVALID", "Invalid URL.", {"field": "request"}),
        ("/api/history", "UNAUTHORIZED", "x", None),
    ],
)
def test_each_code_has_its_gaps_filled(path: str, code: str, text: str, params: dict[str, str] | None) -> None:
    assert params_of(path, code, text) == params
