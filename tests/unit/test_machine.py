"""What a machine must have before anything is installed (local/machine.sh), and what is deleted after it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.template import ROOT
from local.tools import AWS_SERVICES, UNUSED_PARTS, link_programs, remove_parts, remove_services

PROGRAMS = {
    "uname": 'case "$1" in -s) echo Linux;; *) echo x86_64;; esac',
    "npm": "true",
    "df": 'printf "Filesystem 1024-blocks Used Available\\nx 9 1 2000000\\n"',
    "python3": "true",
}


@pytest.fixture
def check(tmp_path):
    """Runs the script where nothing but the programs of `changes` differs from a right machine; None: it is missing."""

    def run(environ=None, **changes):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in ("awk", "sh"):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(subprocess.check_output(["which", name], text=True).strip())
        for name, script in (PROGRAMS | changes).items():
            if script is not None:
                (folder / name).write_text(f"#!/bin/sh\n{script}\n")
                (folder / name).chmod(0o755)
        command = ["/bin/sh", str(ROOT / "local/machine.sh")]
        environ = {"PATH": str(folder), "VENV": str(tmp_path / "none"), **(environ or {})}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.strip()

    return run


def test_a_machine_that_has_everything_passes(check):
    assert check() == (0, "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"python3": None}, "Python is missing."),
        ({"python3": 'case "$2" in *version*) exit 1;; esac'}, "Python 3.11 or newer is needed"),
        ({"python3": 'case "$2" in *ensurepip*) exit 1;; esac'}, "On Debian: apt install python3-venv"),
        ({"npm": None}, "npm is missing: the table engine and the web page come from there."),
        (
            {"uname": 'case "$1" in -s) echo Linux;; *) echo aarch64;; esac'},
            "published for x86_64, and this is aarch64.",
        ),
        ({"uname": "echo Darwin"}, "Linux is needed, and this is Darwin."),
        ({"df": 'printf "Filesystem\\nx 9 1 102400\\n"'}, "The installation needs 1050 MB here, and 100 MB are free."),
    ],
)
def test_a_machine_that_lacks_something_is_told_so(check, changes, words):
    status, text = check(**changes)
    assert (status, words in text, len(text.splitlines())) == (1, True, 1), text


def test_another_build_of_the_table_engine_needs_no_x86(check, tmp_path):
    program = tmp_path / "dynoxide"
    program.write_text("")
    arm = {"uname": 'case "$1" in -s) echo Linux;; *) echo aarch64;; esac'}
    environ = {"DLAMBDA_DYNOXIDE": str(program)}
    assert check(environ, **arm) == (1, f"DLAMBDA_DYNOXIDE={program} is no program.")
    program.chmod(0o755)
    assert check(environ, **arm) == (0, "")


def test_services_that_functions_call_stay(tmp_path):
    calls = re.compile(r"""client\(\s*["']([a-z0-9-]+)["']""")
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "tests/contract").rglob("*.py")]
    called = {name for path in sources for name in calls.findall(path.read_text(encoding="utf-8"))}
    assert {"s3", "sqs", "dynamodb"} & called
    assert called <= AWS_SERVICES


def test_descriptions_of_other_services_go(tmp_path):
    for name in ("s3", "ec2"):
        (tmp_path / name).mkdir()
    (tmp_path / "endpoints.json").write_text("{}")
    remove_services(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["endpoints.json", "s3"]


def test_links_of_an_older_installation_go_and_own_programs_stay(tmp_path):
    folder, program = tmp_path / "bin", tmp_path / "new"
    folder.mkdir()
    program.write_text("")
    (folder / "old").symlink_to(tmp_path / "gone")
    (folder / "own").write_text("")
    for _ in range(2):
        link_programs(folder, {"tool": program})
    assert sorted(os.listdir(folder)) == ["own", "tool"]
    assert os.access(folder / "tool", os.X_OK)


def test_parts_that_nothing_reads_go(tmp_path):
    gone = ("Cryptodome/SelfTest/a.py", "lxml/objectify.cpython-311.so", "lxml/html/_difflib.cpython-311.so")
    kept = ("Cryptodome/Cipher/AES.py", "lxml/etree.cpython-311.so", "lxml/html/clean.py")
    for name in (*gone, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for _ in range(2):
        remove_parts(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == sorted(kept)


def test_no_source_names_a_part_that_goes():
    modules = [part.partition(".")[0].replace("/", ".") for part in UNUSED_PARTS]
    assert {"Cryptodome.SelfTest", "lxml.objectify"} <= {*modules}
    words = re.compile(rf"\b(?:{'|'.join(map(re.escape, modules))})\b")
    assert not [
        path
        for folder in ("functions", "local")
        for path in (ROOT / folder).rglob("*.py")
        if words.search(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("target", ["install", "run"])
def test_what_is_installed_is_announced_first(target, tmp_path):
    """The first words of a recipe, without its work."""
    command = ["make", "-n", "-C", str(ROOT), target, f"VENV={tmp_path}/venv", f"TOOLS={tmp_path}/tools"]
    lines = subprocess.check_output(command, text=True, env=os.environ | {"PYTHON": sys.executable}).splitlines()
    work = [line for line in lines if "local/machine.sh" in line or "MB" in line or "pip install" in line]
    assert "local/machine.sh" in work[0]
    assert next(number for number, line in enumerate(work) if "MB" in line) < next(
        number for number, line in enumerate(work) if "pip install" in line
    )


def test_requirements_of_one_machine_hold_no_framework_of_tests():
    text = (Path(ROOT) / "requirements-local.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(functions-framework|gunicorn|moto|pytest)==", text, re.MULTILINE)
