"""The routes of the key API: parse, call once, answer (docs/contract/hostapi.md)."""

from typing import Any

from flask import Response

from dlambda.domain.orders.key import Permission
from dlambda.domain.orders.order import Kind
from dlambda.entry.http import make_routes, problems
from dlambda.entry.idempotency import replay
from dlambda.store.orders import keys as store
from dlambda.usecases.orders import keys
from dlambda.usecases.orders.find_order import describe_order
from dlambda.usecases.orders.place_order import place_order
from endpoints.keys import files
from endpoints.keys.authentication import (
    any_key,
    check_key,
    check_type,
    current_key,
    needs,
    read_object,
    without_key,
)
from endpoints.keys.schemas import (
    AudioBody,
    FilePath,
    FileQuery,
    InfoBody,
    KeyList,
    KeyTask,
    KeyTaskCreated,
    KeyTaskPath,
    LiveAudioBody,
    LiveVideoBody,
    Metadata,
    NamePath,
    NewKeyBody,
    PermissionsBody,
    Told,
    VideoBody,
)

routes = make_routes("keys", "The key API: a URL as a file, for programs", security="key")
routes.before_request(check_key)
routes.before_request(replay)
routes.before_request(check_type)

Answer = dict[str, Any] | tuple[dict[str, Any], int]
_CREATED: dict[int | str, Any] = {200: KeyTaskCreated, **problems(400, 403, 413, 415, 429)}


def _place(kind: Kind, body: object) -> Answer:
    order = place_order(current_key(), kind, body)
    return {"status": order.state.value, "task_id": order.id}


@routes.post("/get_video", responses=_CREATED)
@needs(Permission.GET_VIDEO)
def get_video(body: VideoBody) -> Answer:
    """Makes a task that brings a video, whole or a part of it."""
    return _place(Kind.GET_VIDEO, body.root)


@routes.post("/get_audio", responses=_CREATED)
@needs(Permission.GET_AUDIO)
def get_audio(body: AudioBody) -> Answer:
    """Makes a task that brings the sound."""
    return _place(Kind.GET_AUDIO, body.root)


@routes.post("/get_live_video", responses=_CREATED)
@needs(Permission.GET_LIVE_VIDEO)
def get_live_video(body: LiveVideoBody) -> Answer:
    """Makes a task that records a live stream."""
    return _place(Kind.GET_LIVE_VIDEO, body.root)


@routes.post("/get_live_audio", responses=_CREATED)
@needs(Permission.GET_LIVE_AUDIO)
def get_live_audio(body: LiveAudioBody) -> Answer:
    """Makes a task that records the sound of a live stream."""
    return _place(Kind.GET_LIVE_AUDIO, body.root)


@routes.post("/get_info", responses=_CREATED)
@needs(Permission.GET_INFO)
def get_info(body: InfoBody) -> Answer:
    """Makes a task that brings the metadata."""
    return _place(Kind.GET_INFO, body.root)


@routes.get("/status/<string:task_id>", responses={200: KeyTask, **problems(404)})
@any_key(remembered=True)
def status(path: KeyTaskPath) -> Answer:
    """How far a task of this key is."""
    return describe_order(current_key(), path.task_id)


@routes.get("/files/<string:task_id>/<path:name>", responses={200: Metadata, 302: None, **problems(404)}, security=[])
@without_key
def file(path: FilePath, query: FileQuery) -> Response:  # noqa: ARG001 documented; read as it came, order included
    """The file of a task, by redirect; metadata at once."""
    return files.answer(path.task_id, path.name)


@routes.post("/create_key", responses={201: Told, **problems(400, 403, 413, 415)})
@needs(Permission.CREATE_KEY)
def create_key(body: NewKeyBody) -> Answer:
    """Makes a key that may do what its maker may, or less."""
    key, value = keys.create_key(read_object(body.root), current_key())
    return {"message": "API key created successfully", "name": key.name, "key": value}, 201


@routes.delete("/delete_key/<string:name>", responses={200: Told, **problems(403, 404)})
@needs(Permission.DELETE_KEY)
def delete_key(path: NamePath) -> Answer:
    """Removes a key; it is refused from now on."""
    keys.remove_key(path.name)
    return {"message": "API key deleted successfully", "name": path.name}


@routes.get("/get_keys", responses={200: KeyList, **problems(403)})
@needs(Permission.GET_KEYS)
def get_keys() -> Answer:
    """All keys, in clear."""
    return keys.list_keys()


@routes.get("/get_key/<string:name>", responses={200: Told, **problems(403, 404)})
@needs(Permission.GET_KEY)
def get_key(path: NamePath) -> Answer:
    """Answers a key, in clear."""
    return _answer(path.name)


@routes.delete("/get_key/<string:name>", endpoint="get_key_by_delete", responses={200: Told, **problems(403, 404)})
@needs(Permission.GET_KEY)
def get_key_by_delete(path: NamePath) -> Answer:
    """The same: it removes nothing."""
    return _answer(path.name)


def _answer(name: str) -> Answer:
    key, value = store.get(name)
    return {"message": "API key get successfully", "name": key.name, "key": value}


@routes.post("/check_permissions", responses={200: Told, **problems(400, 403)})
@any_key()
def check_permissions(body: PermissionsBody) -> Answer:
    """Answers whether this key holds all of them."""
    keys.check_permissions(current_key(), read_object(body.root).get("permissions"))
    return {"message": "Permissions granted"}
