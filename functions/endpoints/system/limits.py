"""`/api/system/limits`: how many downloads may run, how many do, and which setting says so (system.md 5)."""

from typing import Any

from dlambda.deployment import current
from dlambda.domain.accounts.principal import Principal
from dlambda.domain.items.stage import LIVE_LANE
from dlambda.environment import EXTRACTOR_LIMIT, USER_PREFIX
from dlambda.settings import Settings
from dlambda.store.items import items, slots
from dlambda.store.items.slots import Slots
from dlambda.store.orders import orders

_DEFAULT, _OVERRIDE = "default", "env_override"


def limits(principal: Principal) -> dict[str, Any]:
    """Reads how many slots are taken, the running items and the places of the key API.

    Members are told of no extractor that only what others download names.
    """
    settings, state = current().settings, slots.read()
    return {
        "downloads": {
            "paused": state.paused_at is not None,
            "global": _in_all(settings, state),
            "per_extractor": {
                **_limit(settings, "max_workers_per_extractor", "default_limit"),
                "items": [_of_extractor(settings, state, name) for name in _extractors(settings, state, principal)],
            },
        },
        "extraction": {
            "concurrency": settings.extract_info_concurrency,
            "timeout_seconds": settings.extract_info_timeout,
            "info_cache_ttl_seconds": settings.download_info_expires,
        },
        "live": {
            "prevent_premiere": settings.prevent_live_premiere,
            "premiere_buffer_minutes": settings.live_premiere_buffer,
        },
        "key_tasks": _key_tasks(settings),
    }


def _in_all(settings: Settings, state: Slots) -> dict[str, Any]:
    """Live downloads pass the limit and are counted apart."""
    active = state.taken
    return {
        **_limit(settings, "max_workers"),
        "active": active,
        "available": max(0, settings.max_workers - active),
        "live_active": sum(1 for item in items.list_active() if item.is_live),
        "queued": sum(count for lane, count in state.waiting.items() if lane != LIVE_LANE),
    }


def _key_tasks(settings: Settings) -> dict[str, Any]:
    active = len(orders.read_places())
    return {
        **_limit(settings, "task_max_workers"),
        "active": active,
        "available": max(0, settings.task_max_workers - active),
    }


def _limit(settings: Settings, name: str, key: str = "limit") -> dict[str, Any]:
    """The value of a setting, whether somebody set it, and the variable to set."""
    source = _OVERRIDE if name in settings.model_fields_set else _DEFAULT
    return {key: getattr(settings, name), "source": source, "setting": f"{USER_PREFIX}{name.upper()}"}


def _extractors(settings: Settings, state: Slots, principal: Principal) -> list[str]:
    """Extractors that download, wait, or have a limit of their own; the latter alone for members."""
    if not principal.is_admin:
        return sorted(name.lower() for name in settings.extractor_limits)
    lanes = {*state.taken_by, *state.waiting_by_extractor()} - {LIVE_LANE}
    lane_names = {lane.upper() for lane in lanes}
    return sorted(
        [*lanes, *(name.lower() for name in settings.extractor_limits if name not in lane_names)], key=str.lower
    )


def _of_extractor(settings: Settings, state: Slots, name: str) -> dict[str, Any]:
    limit, active = settings.workers_for(name), state.taken_by.get(name, 0)
    overridden = name.upper() in settings.extractor_limits
    setting = f"{EXTRACTOR_LIMIT}{name}" if overridden else "max_workers_per_extractor"
    return {
        "name": name,
        "limit": limit,
        "source": _OVERRIDE if overridden else _DEFAULT,
        "setting": f"{USER_PREFIX}{setting.upper()}",
        "active": active,
        "queued": state.waiting_by_extractor()[name],
        "available": max(0, limit - active),
    }
