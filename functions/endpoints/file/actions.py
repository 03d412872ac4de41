"""Changes files, and bundles them (docs/contract/files.md 3)."""

from typing import Any

from flask import Response, jsonify, request

from dlambda.deployment import current
from dlambda.domain.accounts.principal import Principal
from dlambda.domain.files.file_action import read_actions
from dlambda.entry.json_text import read_json
from dlambda.errors import Forbidden, Invalid, NotFound
from dlambda.store.files import jobs
from dlambda.usecases.files.act_on_files import KIND, act_on_files, job_view
from dlambda.usecases.files.bundle_files import await_bundle, order_bundle
from endpoints.file import download


def act(principal: Principal) -> Response:
    """The results, or 202 with the job when it takes longer than 20 s. Raises `Forbidden`, `Invalid`."""
    if not current().settings.browser_control_enabled:
        raise Forbidden("File browser actions is disabled.")
    try:
        body = read_json(request.get_data())
    except ValueError:
        raise Invalid("Invalid JSON.") from None
    job = act_on_files(read_actions(body, principal.home), principal.owner)
    if job.is_done:
        return jsonify(job.body["results"])
    response = jsonify(job_view(job))
    response.status_code = 202
    response.headers["Location"] = f"{request.script_root}/api/file/jobs/{job.id}"
    return response


def job(job_id: str, owner: str) -> dict[str, Any]:
    """How far long work is. Raises `NotFound`, also for that of somebody whom the member `owner` may not see."""
    file_job = jobs.find(job_id)
    if file_job is None or file_job.kind != KIND or not file_job.is_visible_to(owner):
        raise NotFound(f"Job '{job_id}' does not exist.")
    return job_view(file_job)


def order(body: object, principal: Principal) -> dict[str, Any]:
    """A token for a ZIP of the files named, with their sidecars."""
    if not isinstance(body, list) or not body:
        raise Invalid("Invalid parameters.")
    token, files = order_bundle(body, principal.owner, principal.home)
    return {"token": token, "files": files}


def bundle(token: str, owner: str) -> Response:
    """302 to the ZIP, or its headers for HEAD; to itself, with `Retry-After`, when it is not ready after 20 s."""
    key = await_bundle(token, owner)
    if key is None:
        again = f"{request.script_root}{request.full_path.rstrip('?')}"
        return Response(status=302, headers={"Location": again, "Retry-After": "1"})
    return download.bundle(key, f"{token}.zip")
