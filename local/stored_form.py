"""Checks that this release reads what the tables hold (dlambda/domain/system/stored_form.py), before it writes."""

from dlambda import __version__
from dlambda.domain.system.stored_form import FORM, KEY, refusal
from local.provision import Ask
from local.start_error import StartError


def check(ask: Ask, prefix: str) -> int:
    """The form of the tables, 0 when none is noted. Raises `StartError` for one that is newer than this release."""
    row = ask("GetItem", {"TableName": f"{prefix}state", "Key": {"key": {"S": KEY}}, "ConsistentRead": True})
    item = row.get("Item", {})
    form = int(item["form"]["N"]) if item else 0
    if text := refusal(form, item["release"]["S"] if item else ""):
        raise StartError(text)
    return form


def note(ask: Ask, prefix: str) -> None:
    """Has the tables say what this release writes. Raises `StartError` as `check` does."""
    if check(ask, prefix) == FORM:
        return
    update = {
        "TableName": f"{prefix}state",
        "Key": {"key": {"S": KEY}},
        "UpdateExpression": "SET form = :form, #release = :release",
        "ConditionExpression": "attribute_not_exists(form) OR form < :form",
        "ExpressionAttributeNames": {"#release": "release"},
        "ExpressionAttributeValues": {":form": {"N": str(FORM)}, ":release": {"S": __version__}},
    }
    ask("UpdateItem", update)
