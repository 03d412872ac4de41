"""How pytest explains that two files differ (tests/large_bytes.py)."""

import pytest

from tests.patience import must_end


def test_large_files_that_differ_are_explained_in_two_lines(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    left = bytes(1_000_000)
    right = left[:600_000] + b"film" + left[600_003:]
    with must_end():
        explain = request.config.hook.pytest_assertrepr_compare
        lines = explain(config=request.config, op="==", left=left, right=right)
    before, after = bytes(16), b"film" + bytes(12)
    assert lines == [["1000000 bytes == 1000001 bytes", f"at 600000: {before!r} != {after!r}"]]
