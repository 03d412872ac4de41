"""URLs of notification services that would act on this server, or read its files."""

import inspect
import re
import sys
import warnings
from typing import Any

import pytest
from apprise.manager_plugins import NotificationManager

from dlambda.domain.rules.service_url import FILE_PARAMETERS, LOCAL_SERVICES, TEMPLATE_NAMES, check_service_url
from dlambda.errors import Invalid

FINE = [
    "tgram://123:abc/456", "mailto://user:pass@example.com?to=a@example.com", "slack://A/B/C/?image=no", "ntfy://topic?tags=x",
    "discord://1/x?template=https://example.com/t.json", "workflows://h/a/b?template=http%3A%2F%2Fexample.com%2Ft.json",
    "onesignal://template@app/key/#all?template=welcome", "sendgrid://key:a@b.example/?template=d-1", "rsyslog://logs.example/",
    "json://example.com/path/file?x=/etc/passwd", "matrix://user:p@h/#room?path=/x", "ntfy://topic?attach=https://a.example/x.png",
    "mailto://u:p@h.example?pgp=yes", "discord://1/x?template=", "json://h/?url=https://x.example/",
]  # fmt: skip


@pytest.mark.parametrize("url", FINE)
def test_services_of_others_are_taken(url: str) -> None:
    check_service_url(url)


@pytest.mark.parametrize("scheme", sorted(LOCAL_SERVICES))
@pytest.mark.parametrize("form", ["{}://", "{}://x/?a=b", " {}://", "%{hex}{rest}://x", "{upper}://_"])
def test_services_of_this_server_are_refused(scheme: str, form: str) -> None:
    url = form.format(scheme, hex=f"{ord(scheme[0]):02x}", rest=scheme[1:], upper=scheme.upper())
    with pytest.raises(Invalid, match=f"'{scheme}' is not allowed"):
        check_service_url(url)


PATHS = ["/etc/passwd", "file:///etc/passwd", "etc/passwd", "../x", "~/x", "%2Fetc%2Fpasswd", "%252Fetc", "x.json", "http:/etc/x", "http://",
         "FILE:///x", "https:etc", "memory://x", "%66ile:///x"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", [*sorted(FILE_PARAMETERS), "Template", "TEMPLATE ", "%74emplate"])
def test_files_are_refused(path: str, name: str) -> None:
    with pytest.raises(Invalid, match="takes a web address, not a file"):
        check_service_url(f"workflows://h/a/b?x=1&{name}={path}")


@pytest.mark.parametrize("between", [" ", ",", ";", ", ", "\t", "\n"])
def test_one_url_names_one_service(between: str) -> None:
    with pytest.raises(Invalid, match="one URL"):
        check_service_url(f"json://h.example/{between}syslog://")


def plugins() -> list[Any]:
    manager = NotificationManager()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager.load_modules()
    return list(manager.plugins())


def schemes(plugin: Any) -> set[str]:
    texts = (plugin.protocol, plugin.secure_protocol)
    return {scheme for text in texts for scheme in ((text,) if isinstance(text, str) else text or ())}


def test_the_services_of_a_machine_are_all_known() -> None:
    """Those that import what reaches a desktop, a system log or a device."""
    local = re.compile(r"^\s*(?:import|from) (?:syslog|dbus|gi|subprocess|win32\w*|hid)\b", re.MULTILINE)
    found = set()
    for plugin in plugins():
        if local.search(inspect.getsource(sys.modules[plugin.__module__])):
            found |= schemes(plugin)
    assert found == LOCAL_SERVICES


# Names with "path" or "file" that are no files of ours.
_OTHERS = {"attach-as", "prefix", "fullpath", "path", "workflow_path", "filename", "file_url", "profile"}


def test_the_parameters_that_name_files_are_all_known() -> None:
    named = {
        key
        for plugin in plugins()
        for key, rule in {**plugin.template_args, **getattr(plugin, "template_kwargs", {})}.items()
        if re.search(r"path|file", f"{key} {rule.get('name', '')}", re.IGNORECASE)
    }
    assert named - _OTHERS <= FILE_PARAMETERS


def test_templates_that_are_no_files_are_all_known() -> None:
    for plugin in plugins():
        if schemes(plugin) & TEMPLATE_NAMES:
            assert "AppriseAttachment" not in inspect.getsource(sys.modules[plugin.__module__])
