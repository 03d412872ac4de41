"""Each route of the key API says who may use it (docs/contract/hostapi.md)."""

import pytest

from dlambda.domain.orders.key import Permission
from endpoints.keys.authentication import Access, access_of, any_key, needs, without_key

ROUTES = {
    "POST /get_video": Access(permission=Permission.GET_VIDEO),
    "POST /get_audio": Access(permission=Permission.GET_AUDIO),
    "POST /get_live_video": Access(permission=Permission.GET_LIVE_VIDEO),
    "POST /get_live_audio": Access(permission=Permission.GET_LIVE_AUDIO),
    "POST /get_info": Access(permission=Permission.GET_INFO),
    "GET /status/<string:task_id>": Access(remembered=True),
    "GET /files/<string:task_id>/<path:name>": Access(with_key=False),
    "POST /create_key": Access(permission=Permission.CREATE_KEY),
    "DELETE /delete_key/<string:name>": Access(permission=Permission.DELETE_KEY),
    "GET /get_keys": Access(permission=Permission.GET_KEYS),
    "GET /get_key/<string:name>": Access(permission=Permission.GET_KEY),
    "DELETE /get_key/<string:name>": Access(permission=Permission.GET_KEY),
    "POST /check_permissions": Access(),
}


def test_every_route_declares_who_may_use_it() -> None:
    from endpoints.keys.main import app

    declared = {
        f"{method} {rule.rule}": access_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("keys.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert declared == ROUTES


def test_every_permission_is_of_some_route() -> None:
    assert {access.permission for access in ROUTES.values()} - {None} == set(Permission)


def test_a_route_that_declares_nothing_answers_nobody() -> None:
    def forgotten() -> None:
        """A view without a declaration."""

    with pytest.raises(LookupError, match="forgotten"):
        access_of(forgotten)


def test_the_name_of_a_view_means_nothing() -> None:
    def get_keys() -> None:
        """A view whose name is that of a permission."""

    assert access_of(needs(Permission.GET_INFO)(get_keys)) == Access(permission=Permission.GET_INFO)
    assert access_of(any_key()(get_keys)) == Access()
    assert access_of(without_key(get_keys)) == Access(with_key=False)
