"""Other answers of ytptube (docs/contract/dialects.md 4). Errors pass where no function says otherwise."""

from collections.abc import Mapping
from dataclasses import replace

from dlambda.domain.dialects.dialect import Answer, Asked, TranslateAnswer
from dlambda.domain.dialects.ytptube.items import queue


def unchanged(_: Asked, answer: Answer) -> Answer:
    """Keeps the root's answer: for a route that a pattern of the table would catch."""
    return answer


def statuses(by_root: Mapping[int, int]) -> TranslateAnswer:
    """Makes a translation that changes nothing but the status."""
    return lambda _, answer: replace(answer, status=by_root.get(answer.status, answer.status))


def configuration(_: Asked, answer: Answer) -> Answer:
    """Translates the queue to a map and the folders to texts; no title is null, and the base path is the dialect's."""
    if answer.status != 200:
        return answer
    body = answer.body
    app = {
        **body["app"],
        "instance_title": body["app"]["instance_title"] or None,
        "base_path": f"{body['app']['base_path'].rstrip('/')}/ytptube/",
    }
    folders = [folder["path"] for folder in body["folders"]]
    return replace(answer, body={**body, "app": app, "folders": folders, "queue": queue(body["queue"])})


def updates(_: Asked, answer: Answer) -> Answer:
    """Answers 200 where checks are off, which is no error."""
    if answer.status != 400 or answer.body.get("status") != "disabled":
        return answer
    return Answer(
        200, {name: answer.body[name] for name in ("status", "current_version", "new_version", "app", "ytdlp")}
    )


def converted(_: Asked, answer: Answer) -> Answer:
    """Adds the template and the folder to the options, under yt-dlp's names."""
    if answer.status != 200:
        return answer
    template, folder = answer.body["output_template"], answer.body["download_path"]
    opts = {**answer.body["opts"]}
    if template is not None:
        opts["outtmpl"] = {"default": template}
    if folder is not None:
        opts["paths"] = {"home": folder}
    return replace(answer, body={**answer.body, "opts": opts})


def url_info(_: Asked, answer: Answer) -> Answer:
    """Adds yt-dlp's kind of result, by which the page of August tells a single video. An unknown preset is 400."""
    if answer.status == 404:
        return replace(answer, status=400)
    if answer.status != 200:
        return answer
    kind = "playlist" if "entries" in answer.body else "video"
    return replace(answer, body={"_type": kind, **answer.body})


def options(_: Asked, answer: Answer) -> Answer:
    """Answers the list alone."""
    return replace(answer, body=answer.body["options"]) if answer.status == 200 else answer


def unmarked(_: Asked, answer: Answer) -> Answer:
    """Answers 200 where no id was in the archive: none of them is in it now."""
    return Answer(200, {**answer.body, "status": True}) if answer.status == 304 else answer


def file_actions(_: Asked, answer: Answer) -> Answer:
    """Answers the results of work that goes on as a list, as those of work that is done."""
    return replace(answer, body=answer.body["results"]) if answer.status == 202 else answer


def folder(_: Asked, answer: Answer) -> Answer:
    """Translates paths to ones without a leading slash; the root's own stays."""
    if answer.status != 200:
        return answer
    contents = [{**entry, "path": entry["path"].lstrip("/")} for entry in answer.body["contents"]]
    return replace(answer, body={**answer.body, "path": answer.body["path"].lstrip("/") or "/", "contents": contents})
