"""The routes of `/api/ping`, `/api/system/*` and `/api/docs*`."""

import time
from typing import Any

from flask import Response

from dlambda.domain.event import pause_changed
from dlambda.entry.http import make_routes, problems
from dlambda.errors import NotAcceptable
from dlambda.store import slots
from dlambda.usecases.dispatch import dispatch
from dlambda.usecases.publish import publish
from system import documents
from system.configuration import configuration
from system.schemas import Configuration, Message, Pong

routes = make_routes("system", "Health, configuration and control")

Answer = dict[str, Any] | Response


@routes.get("/api/ping", responses={200: Pong})
def ping() -> Answer:
    """Answers while the tables do."""
    slots.read()
    return {"status": "pong"}


@routes.get("/api/system/configuration", responses={200: Configuration})
def get_configuration() -> Answer:
    """Settings, presets, fields, folders and the queue."""
    return configuration()


@routes.post("/api/system/pause", responses={200: Message, **problems(406)})
def pause() -> Answer:
    """Starts no more downloads; running ones go on."""
    now = time.time()
    if not slots.pause(now):
        raise _as_asked("Non-active downloads are already paused.")
    publish(pause_changed(paused=True, at=now))
    return {"message": "Non-active downloads have been paused."}


@routes.post("/api/system/resume", responses={200: Message, **problems(406)})
def resume() -> Answer:
    """Starts downloads again."""
    if not slots.resume():
        raise _as_asked("Non-active downloads are not paused.")
    publish(pause_changed(paused=False, at=time.time()))
    dispatch()
    return {"message": "Resumed all downloads."}


def _as_asked(message: str) -> NotAcceptable:
    return NotAcceptable(message, extra={"message": message})


@routes.get("/api/docs/openapi.json", responses={200: None})
def openapi() -> Answer:
    """This document."""
    return Response(documents.openapi(), mimetype="application/json")


@routes.get("/api/docs", responses={200: None})
def reference() -> Answer:
    """This document, for people."""
    return Response(documents.reference(), mimetype="text/html")
