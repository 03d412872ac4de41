"""Errors as answers: deliberate ones, those of Flask, bodies that fit no model, and what nobody expected."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Response, has_request_context, request
from pydantic import ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from dlambda.domain.web.error_params import params_of
from dlambda.entry.model import Model
from dlambda.errors import AppError, ValidationFailed

log = logging.getLogger(__name__)

_PROBLEM_TYPE = "application/problem+json"
_PARAMS = {"resource": "api.resources.item"}


class Problem(Model):
    """Every error body: `error` is for people, `code` for programs."""

    model_config = ConfigDict(extra="allow")

    error: str = Field(examples=["Item not found."])
    code: str = Field(examples=["NOT_FOUND"])
    params: dict[str, str] | None = Field(None, description="keys of words that clients translate", examples=[_PARAMS])


def refuse(error: ValidationError) -> NoReturn:
    """A body or query that does not fit its model, as `docs/contract/tasks.md` 0 describes."""
    detail = [
        {"loc": list(problem["loc"]), "msg": problem["msg"], "type": problem["type"]}
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = detail[0]
    where = ".".join(str(part) for part in first["loc"])
    raise ValidationFailed(f"Invalid request. {where}: {first['msg']}" if where else str(first["msg"]), detail)


def render(error: AppError) -> Response:
    """A deliberate error as its answer."""
    body = {"error": error.message, "code": error.code, **_translatable(error), **error.extra}
    response = _problem(body, error.status)
    response.headers.update(error.headers)
    return response


def _translatable(error: AppError) -> dict[str, Any]:
    """`params` for clients that have a sentence of their own for each code; the key API's have none."""
    if not has_request_context() or not request.path.startswith("/api/"):
        return {}
    params = params_of(request.path, error.code, error.message)
    return {"params": params} if params else {}


def render_http(error: HTTPException) -> Response:
    code = error.name.upper().replace(" ", "_").replace("'", "")
    response = _problem({"error": error.name, "code": code}, error.code or 500)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def render_unexpected(error: Exception) -> Response:
    log.error("Unexpected failure in %s %s", request.method, request.path, exc_info=error)
    return _problem({"error": "Internal Server Error", "code": AppError.code}, 500)


def _problem(body: Mapping[str, Any], status: int) -> Response:
    """An error. Clients that name `application/problem+json` in `Accept` get the members of RFC 9457 as well."""
    if not has_request_context() or _PROBLEM_TYPE not in request.accept_mimetypes.values():
        return _json(body, status)
    members = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": body["error"]}
    fields = {"errors" if name == "detail" else name: value for name, value in body.items()}
    response = _json({**fields, **members}, status)
    response.mimetype = _PROBLEM_TYPE
    return response


def _json(body: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(body, default=str), status, mimetype="application/json")
