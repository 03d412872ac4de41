"""`make openapi`, third part: the documents that the system function answers, as files of it.

API.md is written from openapi.json, README.md and SECURITY.md are the repository's without pictures and without the
links that lead to files which are not served; FAQ.md and FEATURES.md are written by hand where they lie.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local import template

FOLDER = template.ROOT / "functions" / "endpoints" / "system"
PAGES = FOLDER / "pages"
FROM_REPOSITORY = ("README.md", "SECURITY.md")
_INTRODUCTION = """# API

Every endpoint, from the routes and models of the code; for programs there is `/api/docs/openapi.json`, and a page to
search and to try requests at `/api/docs`. The events on the WebSocket `/ws` are described in `/api/docs/asyncapi.json`.
Errors are JSON with `error`, a text for people, and `code`, a word for programs. With a password set, send it as Basic
authorization, or as `?apikey=<base64 of user:password>`. All paths work with and without a slash at the end.
"""
_LINK = re.compile(r"(?<!!)\[([^]]+)\]\(([^)\s]+)\)")
_PICTURES = re.compile(r"^(?:!\[[^]]*\]\([^)\s]+\)\n)+\n", re.MULTILINE)


def served(name: str) -> str:
    """A document of the repository (README.md, SECURITY.md) as it is served."""
    text = _PICTURES.sub("", (template.ROOT / name).read_text(encoding="utf-8"))
    return _LINK.sub(lambda link: link[0] if _is_served(link[2]) else link[1], text)


def _is_served(target: str) -> bool:
    return "://" in target or target.startswith("#") or (PAGES / target.partition("#")[0]).is_file()


def rendered() -> str:
    """API.md."""
    document = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    about = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            group = (operation.get("tags") or ["other"])[0]
            groups.setdefault(group, []).append("\n".join(_operation(method.upper(), path, operation)))
    parts = [f"## {group}\n\n{about.get(group, '')}\n\n" + "\n\n".join(sections) for group, sections in groups.items()]
    index = "\n".join(f"* [{group}](#{group}): {about.get(group, '')}" for group in groups)
    return "\n\n".join([_INTRODUCTION.strip(), index, *parts]) + "\n"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    yield ""
    yield operation.get("summary") or operation.get("description") or ""
    for parameter in operation.get("parameters") or ():
        text = parameter.get("description") or parameter.get("schema", {}).get("description") or ""
        yield f"* `{parameter['name']}` ({parameter['in']}){': ' + text if text else ''}"
    if body := operation.get("requestBody"):
        for content in body["content"].values():
            yield f"* body: {_name(content.get('schema', {}))}, such as"
            yield ""
            yield "  ```json"
            yield "  " + json.dumps(content["example"], ensure_ascii=False)
            yield "  ```"
            yield ""
    answers = ", ".join(f"{status}{_answer(answer)}" for status, answer in sorted(operation["responses"].items()))
    yield f"* answers: {answers}"


def _answer(answer: Mapping[str, Any]) -> str:
    names = [_name(content.get("schema", {})) for content in answer.get("content", {}).values()]
    return f" {names[0]}" if names else ""


def _name(schema: Mapping[str, Any]) -> str:
    reference = schema.get("$ref", "")
    return f"`{reference.rpartition('/')[2]}`" if reference else "JSON"


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    (PAGES / "API.md").write_text(rendered(), encoding="utf-8")
    for name in FROM_REPOSITORY:
        (PAGES / name).write_text(served(name), encoding="utf-8")
    print(f"Wrote {PAGES}")
