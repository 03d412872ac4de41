"""The AsyncAPI 3 document of `/ws`, from the events of the code and the schemas of openapi.json
(docs/contract/websocket.md). `local.openapi` writes it as well.
"""

import json
from typing import Any

from dlambda.domain.events.event import Name
from local import template
from local.api_document.events import BESIDE, RECEIVED, SENT, examples
from local.api_document.simplify import REFERENCE, names_in

FOLDER = template.ROOT / "functions" / "endpoints" / "system"
TARGET = FOLDER / "asyncapi.json"
_ABOUT = (
    "Events of the service, and requests to it, as JSON texts `{event, data}` on a WebSocket. A client that connects "
    "again asks the HTTP API for the state: nothing is sent twice. Other texts, and unknown events, are ignored."
)
_MESSAGES = "#/components/messages/"
_CHANNEL = "#/channels/ws"

Json = dict[str, Any]

_ENVELOPE: Json = {
    "title": "Event",
    "description": "What happened. The keys of `data` stand beside these as well.",
    "type": "object",
    "required": ["id", "created_at", "event", "title", "message", "data"],
    "properties": {
        "id": {"type": "string", "description": "the event's, and of events about an item that of the item"},
        "created_at": {"type": "string", "format": "date-time"},
        "event": {"type": "string"},
        "title": {"type": ["string", "null"]},
        "message": {"type": ["string", "null"], "description": "for people"},
        "data": {"type": "object"},
    },
}
_SECURITY: Json = {
    "apikey": {"type": "httpApiKey", "in": "query", "name": "apikey", "description": "base64 of `user:password`"},
    "basic": {"type": "http", "scheme": "basic"},
}
_BINDING: Json = {
    "method": "GET",
    "query": {
        "type": "object",
        "properties": {
            "apikey": {"type": "string", "description": "base64 of `user:password`"},
            "progress": {
                "type": "string",
                "enum": ["true"],
                "description": "`item_progress` in place of `item_updated`",
            },
            "dialect": {"type": "string", "description": "the messages of another server (docs/contract/dialects.md)"},
        },
    },
    "bindingVersion": "0.1.0",
}


def document() -> Json:
    """The AsyncAPI document; openapi.json must have been written."""
    api = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    messages = _send() | _receive()
    schemas = api["components"]["schemas"] | {"Event": _ENVELOPE}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "dlambda events",
            "version": api["info"]["version"],
            "description": _ABOUT,
            "license": {"name": api["info"]["license"]["name"]},
        },
        "defaultContentType": "application/json",
        "servers": {
            "service": {
                "host": "{host}",
                "protocol": "ws",
                "description": "the service that answers this document; `wss` behind HTTPS",
                "variables": {"host": {"default": "127.0.0.1:8080"}},
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
            }
        },
        "channels": {
            "ws": {
                "address": "/ws",
                "title": "Events and requests",
                "messages": {name: {"$ref": _MESSAGES + name} for name in messages},
                "bindings": {"ws": _BINDING},
            }
        },
        "operations": _operations(),
        "components": {
            "messages": messages,
            "schemas": {name: schemas[name] for name in sorted(names_in(messages, schemas))},
            "securitySchemes": _SECURITY,
        },
    }


def _send() -> Json:
    """The messages of the service."""
    frames = {example.name: example.frame() for example in examples()}
    return {name.value: _message(name.value, SENT[name][0], _event(name), frames[name]) for name in SENT}


def _event(name: Name) -> Json:
    """The Event object of one name."""
    own = {"type": "object", "properties": {"event": {"const": name.value}, "data": SENT[name][1]}}
    beside = [BESIDE[name]] if name in BESIDE else []
    return {"allOf": [{"$ref": f"{REFERENCE}Event"}, own, *beside]}


def _receive() -> Json:
    """The messages of clients."""
    return {
        name: _message(name, summary, data, {"event": name, "data": example})
        for name, (summary, data, example) in RECEIVED.items()
    }


def _message(name: str, summary: str, data: Json, example: Json) -> Json:
    payload = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"const": name}, "data": data},
    }
    return {"name": name, "title": name, "summary": summary, "payload": payload, "examples": [{"payload": example}]}


def _operations() -> Json:
    """The operations of the service, one for each message."""
    operations = {}
    for event in SENT:
        operations[f"send_{event.value}"] = _operation("send", event.value, SENT[event][0])
    for name, (summary, _, _) in RECEIVED.items():
        answers = [Name.ITEM_STATUS, Name.LOG_ERROR] if name == "add_url" else [Name.LOG_ERROR]
        operation = _operation("receive", name, summary)
        operation["reply"] = {
            "channel": {"$ref": _CHANNEL},
            "messages": [{"$ref": f"{_CHANNEL}/messages/{answer.value}"} for answer in answers],
        }
        operations[f"receive_{name}"] = operation
    return operations


def _operation(action: str, name: str, summary: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": _CHANNEL},
        "summary": summary,
        "messages": [{"$ref": f"{_CHANNEL}/messages/{name}"}],
    }


def rendered() -> str:
    return json.dumps(document(), indent=1) + "\n"
