"""The two dialects of definitions (docs/contract/tasks.md 7.3): documents of the first become those of the second."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

DEFAULT_BROWSER_URL: Final = "http://localhost:4444/wd/hub"
_GENERATED: Final = "archive_id"
_ENGINES: Final = {"httpx": "http", "selenium": "browser"}


def modern(document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` in the second dialect. Raises `ValueError` with a documented text."""
    word = "link" if _speaks_first_dialect(document) else "url"
    return {
        "parse": _modern_parse(document.get("parse"), word),
        "engine": _modern_engine(document.get("engine")),
        "request": _modern_request(document.get("request")),
        "response": document.get("response") or {},
    }


def _speaks_first_dialect(document: Mapping[str, Any]) -> bool:
    """Only for the word in an error: the first dialect calls the item's URL `link`."""
    engine, request = document.get("engine"), document.get("request")
    # A tuple, as the type may still be any JSON, and a list is in no set.
    return (isinstance(engine, Mapping) and engine.get("type") in ("httpx", "selenium")) or (
        isinstance(request, Mapping) and bool({"data", "json_data"} & request.keys())
    )


def _modern_parse(parse: Any, word: str) -> Any:
    if not isinstance(parse, Mapping):
        return parse
    items = parse.get("items")
    if items:
        return {"items": _modern_items(items, word)}
    rules = _by_name(parse, without=("items",))
    if not rules:
        raise ValueError("Field 'parse' must contain either 'items' or direct parsers.")
    check_rules(rules, f"Missing required '{word}' parser definition.")
    return {"rules": rules}


def _modern_items(items: Any, word: str) -> Any:
    if not isinstance(items, Mapping):
        return items
    selector = stripped(items.get("selector")) or stripped(items.get("expression"))
    fields = items.get("fields")
    if not isinstance(fields, Mapping):
        return {**items, "selector": selector}
    fields = _by_name(fields)
    if selector:
        check_rules(fields, f"Container 'fields' must include a '{word}' field.")
    return {**items, "selector": selector, "fields": fields}


def _by_name(rules: Mapping[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The rules by name, with `link` (which wins) under `url`."""
    rules_by_name = {
        str(key): rule for key, rule in rules.items() if not str(key).startswith("_") and key not in without
    }
    if "link" in rules_by_name:
        rules_by_name["url"] = rules_by_name.pop("link")
    return rules_by_name


def check_rules(rules: Any, without_url: str) -> None:
    """Raises `ValueError` for what are no rules of an item; with the text `without_url` when none finds its URL."""
    if not isinstance(rules, Mapping):
        return
    for name, rule in rules.items():
        if not isinstance(rule, Mapping | BaseModel):
            raise ValueError(f"Parse field '{name}' must be an object.")  # noqa: TRY004 becomes a detail
    if _GENERATED in rules:
        raise ValueError(f"Field '{_GENERATED}' is generated internally and cannot be extracted.")
    if "url" not in rules:
        raise ValueError(without_url)


def stripped(value: Any) -> str:
    """A text without blanks around it; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def _modern_engine(engine: Any) -> Any:
    if not engine:
        return {"type": "http"}
    if not isinstance(engine, Mapping):
        return engine
    kind = engine.get("type") or "http"
    options = engine.get("options") or {}
    if kind == "selenium" and isinstance(options, Mapping) and not stripped(options.get("url")):
        options = {**options, "url": DEFAULT_BROWSER_URL}
    return {"type": _ENGINES.get(kind, kind) if isinstance(kind, str) else kind, "options": options}


def _modern_request(request: Any) -> Any:
    if not request:
        return {}
    if not isinstance(request, Mapping):
        return request
    fields = {key: value for key, value in request.items() if key not in {"data", "json_data"}}
    if fields.get("body") is None:
        body = _old_body(request)
        if body is not None:
            fields |= {"body": body, "method": "POST"}
    return fields


def _old_body(request: Mapping[str, Any]) -> dict[str, Any] | None:
    if request.get("json_data") is not None:
        return {"type": "json", "value": request["json_data"]}
    data = request.get("data")
    if data is None:
        return None
    return {"type": "raw" if isinstance(data, str) else "form", "value": data}
