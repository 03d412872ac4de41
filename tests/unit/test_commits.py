"""Messages of commits, the version and NOTICE: .ci/commits.py, .ci/version.py, .ci/notice.py."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / f".ci/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


commits, version, notice = load("commits"), load("version"), load("notice")


@pytest.mark.parametrize(
    "message",
    [
        "fix(history): a cancelled item keeps its file", "feat: x", "test(e2e): a b\n\nA reason.\nMore.",
        "build(yt-dlp): 2026.11.01", "refactor(a, b)!: x",
        "fix(a): " + "x" * 64,
    ],
)  # fmt: skip
def test_messages_that_follow_the_rule(message):
    assert list(commits.subject_problems(message)) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("A cancelled item keeps its file", "type(scope)"), ("fixes(history): x", "type(scope)"), ("fix (history): x", "type"),
        ("fix(history):x", "type"), ("Fix(history): x", "type"), ("fix(History): x", "type"), ("fix(history): ", "type"),
        ("fix(history): it ends.", "full stop"), ("", "type"), ("fix(a): " + "x" * 65, "73 characters"),
        ("fix(a): x\nright on", "second line"),
    ],
)  # fmt: skip
def test_messages_that_break_the_rule(message, words):
    assert any(words in problem for problem in commits.subject_problems(message))


@pytest.mark.parametrize(
    ("messages", "files", "fine"),
    [
        (["feat(a): x"], ["a.py"], False),
        (["feat(a): x"], ["a.py", "CHANGELOG.md"], True),
        (["fix(a): x\n\nChangelog: none"], ["a.py"], True),
        (["fix(a): x\n\nChangelog: none", "fix(b): y"], ["a.py"], False),
        (["test(a): x", "docs: y", "perf(a): z"], ["a.py"], True),
    ],
)
def test_what_users_notice_is_in_the_change_log(messages, files, fine):
    assert (list(commits.changelog_problems(messages, files)) == []) is fine


@pytest.fixture
def repository(tmp_path, monkeypatch):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q", "-b", "main")
    monkeypatch.setattr(commits, "ROOT", tmp_path)
    return lambda message: (git("commit", "-q", "--allow-empty", "-m", message), git("rev-parse", "HEAD").strip())[1]


def test_only_commits_after_the_base_are_checked(repository):
    repository("An old one, without a type.")
    base = repository("Another one.")
    repository("fix: x\n\nChangelog: none")
    assert list(commits.problems(base)) == []
    repository("what is this")
    assert [problem.split(" ", 1)[1][:13] for problem in commits.problems(base)] == ["what is this:"]


def test_a_clone_without_history_checks_its_last_commit(repository):
    repository("An old one.")
    repository("no type")
    assert len(list(commits.problems("0" * 40))) == 1


@pytest.mark.parametrize(("subject", "status"), [("fix(a): x", 0), ("something", 1), ("# fix(a): a comment", 1)])
def test_the_hook_checks_the_message_of_a_file(tmp_path, subject, status):
    (tmp_path / "message").write_text(f"{subject}\n\n# Please enter the commit message\n")
    command = [sys.executable, str(ROOT / ".ci/commits.py"), "--message", str(tmp_path / "message")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == status


def test_the_version_is_the_same_everywhere():
    assert list(version.problems()) == []


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        ([], "Unreleased"),
        (["1.0.0 (2026-11-29)"], "Unreleased"),
        (["Unreleased", "1.0.0"], "is not `1.2.3 (2026-11-29)`"),
        (["Unreleased", "1.0.0 (2026-13-29)"], "is not `1.2.3 (2026-11-29)`"),
        (["Unreleased", "0.9.0 (2026-11-29)", "0.10.0 (2026-11-28)"], "not in order"),
        (["Unreleased", "1.0.1 (2026-11-29)"], "newer than 1.0.0"),
    ],
)
def test_headings_of_the_change_log(headings, words):
    assert any(words in problem for problem in version.heading_problems("1.0.0", headings))


def test_a_tag_of_another_version_is_no_release():
    assert any("is not the version" in problem for problem in version.tag_problems("v99.0.0"))


def test_the_notice_names_what_is_installed():
    assert list(notice.problems()) == []
