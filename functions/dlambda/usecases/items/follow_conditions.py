"""Effects of conditions on an item whose metadata is known (docs/contract/rules.md 3.3)."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.events.event import Name
from dlambda.domain.items import metadata
from dlambda.domain.items.archive import archive_key
from dlambda.domain.items.item import Item, Status
from dlambda.domain.rules.condition import (
    Condition,
    Effect,
    effect_of,
    first_match,
    ignored_text,
    read_ignored,
    switched_text,
)
from dlambda.domain.rules.filters import FilterError
from dlambda.domain.rules.preset import Preset
from dlambda.domain.rules.resource import CONDITIONS
from dlambda.domain.ytdlp.cookie_file import check_cookies
from dlambda.errors import Invalid
from dlambda.store.items import archive
from dlambda.store.rules import resources
from dlambda.usecases.events.publish import publish
from dlambda.usecases.items.options import archive_named, part_named
from dlambda.usecases.rules.presets import find_preset

log = logging.getLogger(__name__)


def follow_conditions(item: Item, preset: Preset, info: Mapping[str, Any]) -> Item:
    """The item as the first matching condition wants it; itself when none does, or when they were applied already.

    With status `skip` it goes to the history. Else its options may be new: then it has to be extracted again.
    """
    condition = None if item.requeued else _match(item, info)
    if condition is None:
        return item
    effect = effect_of(condition, item_cli=item.cli)
    return _skip(item, preset, info, effect) if effect.skip else _change(item, preset, info, effect)


def _match(item: Item, info: Mapping[str, Any]) -> Condition | None:
    documents = {document.id: document for document in resources.list_(CONDITIONS.feature)}
    condition = first_match(
        (Condition(id=id_, **document.shown) for id_, document in documents.items()),
        info,
        ignored=read_ignored(item.extras.get("ignore_conditions")),
        on_broken=partial(_log_broken, item),
    )
    return Condition(id=condition.id, **documents[condition.id].clear()) if condition else None


def _log_broken(item: Item, condition: Condition, error: FilterError) -> None:
    text = "The filter of condition '%s' was passed over: %s"
    log.error(text, condition.name, error.message, extra={"item_id": item.id})


def _skip(item: Item, preset: Preset, info: Mapping[str, Any], effect: Effect) -> Item:
    described = metadata.fields_of(info, url=item.url)
    described["archive_id"], _ = metadata.archive_ids(info, item.entry_archive_id)
    name = metadata.archive_for(item, info, by_system_preset=preset.default)
    archived = name if effect.archive and described["archive_id"] else None
    if archived:
        # Before the item goes: these steps are idempotent.
        archive.add(archive_key(archived, item.owner), [described["archive_id"]], current().clock.time())
    text = ignored_text(described["title"], effect.condition, archived)
    publish(event.log(Name.LOG_INFO, "Ignored Download", text, owner=item.owner, preset=item.preset))
    return item.ended(
        Status.SKIP,
        current().clock.time(),
        **described,
        extras=metadata.extras_of(info) | dict(item.extras),
        msg=text,
        requeued=True,
        archive=name,
        is_archivable=bool(name),
        is_archived=bool(archived) if name else None,
    )


def _change(item: Item, preset: Preset, info: Mapping[str, Any], effect: Effect) -> Item:
    """The folder and the template that the first preset gave stay."""
    cookies = _readable(effect, item) or item.cookies
    after = item.evolve(cli=effect.cli, cookies=cookies, requeued=True, info_at=0.0)
    other_preset = _other_preset(item, str(info.get("title") or item.title), effect)
    if other_preset:
        preset, after = other_preset, after.evolve(preset=other_preset.name)
    options = (preset.cli, after.cli)
    return after.evolve(archive=archive_named(*options), part=part_named(*options))


def _readable(effect: Effect, item: Item) -> str | None:
    """The condition's cookies; none, and a line in the log, when nothing can read them."""
    try:
        check_cookies(effect.cookies or "")
    except Invalid as error:
        text = "The condition '%s' is used without its cookies. %s"
        log.warning(text, effect.condition.name, error.message, extra={"item_id": item.id})
        return None
    return effect.cookies


def _other_preset(item: Item, title: str, effect: Effect) -> Preset | None:
    """The preset that the condition switches to, which everyone is told; None where it names none that exists."""
    if effect.preset is None:
        return None
    preset = find_preset(effect.preset)
    if preset is None:
        text = "Condition '%s' names the preset '%s', and there is none"
        log.warning(text, effect.condition.name, effect.preset, extra={"item_id": item.id})
        return None
    text = switched_text(title, effect.condition, item.preset, preset.name)
    publish(event.log(Name.LOG_INFO, "Preset Switched", text, owner=item.owner, preset=preset.name))
    return preset
