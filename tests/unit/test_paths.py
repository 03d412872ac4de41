"""Paths of users (docs/contract/downloads.md 6, files.md 1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlambda.domain.paths.input_rules import InputRules
from dlambda.domain.paths.paths import object_key, resolve_folder, resolve_path, safe_template
from dlambda.errors import Invalid


@pytest.mark.parametrize(
    ("folder", "resolved"),
    [
        ("", ""),
        ("/", ""),
        (".", ""),
        ("/a", "a"),
        ("a/b", "a/b"),
        ("a//b/", "a/b"),
        ("./a/./b", "a/b"),
        ("a/../b", "b"),
        (".hidden/x", ".hidden/x"),
        ("überaus/schön 🎬", "überaus/schön 🎬"),
        ("f(1)-x_y.z", "f(1)-x_y.z"),
        ("   ", "   "),
        ("/etc/passwd", "etc/passwd"),
        ("a%2F..%2Fb", "a%2F..%2Fb"),
        ("safe%2F..%2F..%2Fx", "safe%2F..%2F..%2Fx"),
        ("a\\..\\..\\b", "a\\..\\..\\b"),
        ("..a/b..", "..a/b.."),
        ("/".join(["d"] * 100), "/".join(["d"] * 100)),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_folder_inside_is_resolved(folder: str, resolved: str) -> None:
    assert resolve_folder(folder) == resolved


@pytest.mark.parametrize(
    "folder",
    [
        "..",
        "../x",
        "a/../../x",
        "/../../x",
        "a/../../../etc",
        "//etc/passwd",
        "../downloads_suffix",
        "folder\0x",
        "a/\0",
        "x" * 300,
        "a/" + "x" * 300 + "/b",
        "ü" * 200,
        "\ud800",
        *(f"a{control}../../../x" for control in "\n\r\t\v\f"),
        *(f"folder{control}/../../../etc/passwd" for control in "\n\r\t\v\f"),
    ],
)
def test_a_folder_outside_is_refused_without_a_server_path(folder: str) -> None:
    with pytest.raises(Invalid) as caught:
        resolve_folder(folder)
    assert caught.value.message == f'Folder "{folder}" must resolve inside the base download folder "/downloads".'


def test_a_refusal_names_the_root_of_the_deployment() -> None:
    rules = InputRules(download_path="/media")
    with pytest.raises(Invalid, match='base download folder "/media"'):
        resolve_folder("../x", rules)
    with pytest.raises(Invalid, match='base download folder "/media"'):
        safe_template("../x", rules)


@given(st.text(alphabet=st.sampled_from("ab./\\\n%~ \0.."), max_size=30))
def test_nothing_ever_leads_outside(path: str) -> None:
    try:
        resolved = resolve_path(path)
    except Invalid:
        return
    assert not resolved.startswith("/")
    assert ".." not in resolved.split("/")
    assert resolve_path(resolved) == resolved


def test_keys_lie_below_the_prefix() -> None:
    assert object_key("") == "files/"
    assert object_key("/a/b.mp4") == "files/a/b.mp4"
    assert object_key("a/stem.") == "files/a/stem."
    with pytest.raises(Invalid):
        object_key("../x")
    with pytest.raises(Invalid, match="too long"):
        object_key("/".join(["x" * 200] * 6))


@pytest.mark.parametrize(
    "template", ["", "%(title)s.%(ext)s", "%(uploader)s/%(title)s [%(id)s].%(ext)s", "..hidden/%(id)s..%(ext)s", "a-b"]
)
def test_a_template_inside_stays_as_it_is(template: str) -> None:
    assert safe_template(template) == template


@pytest.mark.parametrize(
    "template", ["/abs/%(id)s", "../%(id)s", "a/../../%(id)s", "a/..", "~/x", "-", "a\0b", "..\\x"]
)
def test_a_template_outside_is_refused(template: str) -> None:
    with pytest.raises(Invalid, match="must resolve inside"):
        safe_template(template)
