"""Tasks: a URL that is looked at again and again (docs/contract/tasks.md 1, 2).

What the own timer and the handlers' sweep do with a task: `domain.tasks.schedule`, `domain.tasks.sweep`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from dlambda.domain.items.request import Request
from dlambda.domain.tasks.task_input import TaskInput


@dataclass(frozen=True)
class Result:
    """How the last run ended: `found` entries seen, `queued` of them handed over."""

    at: datetime
    status: Literal["ok", "failed"]
    found: int = 0
    queued: int = 0
    error: str | None = None

    def view(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "found": self.found,
            "queued": self.queued,
            "error": self.error,
        }


@dataclass(frozen=True)
class Task:
    """A task. Times are UTC; `next_run` is None when it has no timer of its own or is disabled.

    `owner`: the account whose it is, empty for the admins. `folder` lies below `home`, the owner's folder.
    """

    id: int
    name: str
    url: str
    created_at: datetime
    updated_at: datetime
    timer: str = ""
    preset: str = ""
    folder: str = ""
    template: str = ""
    cli: str = ""
    auto_start: bool = True
    handler_enabled: bool = True
    enabled: bool = True
    last_run: datetime | None = None
    next_run: datetime | None = None
    last_result: Result | None = None
    owner: str = ""
    home: str = ""

    def view(self) -> dict[str, Any]:
        """The object of docs/contract/tasks.md 1."""
        return {
            "id": self.id,
            **{name: getattr(self, name) for name in TaskInput.model_fields},
            **({"owner": self.owner} if self.owner else {}),
            "cookies": "",
            "config": {},
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "last_run": _text(self.last_run),
            "next_run": _text(self.next_run),
            "last_result": self.last_result.view() if self.last_result else None,
        }

    def extras(self, handler: str) -> dict[str, Any]:
        """The `extras` of the task's items. The timer's run prints the id as text, a handler's does not."""
        source_id: str | int = str(self.id) if handler == TIMER_SOURCE else self.id
        return {"source_name": self.name, "source_id": source_id, "source_handler": handler}

    def request(self, handler: str, default_preset: str) -> Request:
        """The request for the task's URL, by its timer or by a handler; not checked against today's rules."""
        return Request(
            url=self.url,
            preset=self.preset or default_preset,
            folder=self.folder,
            template=self.template,
            cli=self.cli,
            auto_start=self.auto_start,
            extras=self.extras(handler),
            owner=self.owner,
            home=self.home,
        )


TASKS: Final = "tasks"
"""Where the tasks lie among the resources, and what `config_update` calls them."""
TIMER_SOURCE = "Tasks"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


_HANDLE = re.compile(r"/@[^/]+")


def without_handle(url: str, channel_id: str | None) -> str:
    """`url` with the `@handle` segment of its path replaced by `channel/<channel_id>`; the same when none is known.

    A handle may be taken over by somebody else; the channel's id stays.
    """
    path = urlsplit(url).path
    if not channel_id or not _HANDLE.search(path):
        return url
    return url.replace(path, _HANDLE.sub(f"/channel/{channel_id}", path, count=1), 1)


def has_handle(url: str) -> bool:
    """True if a look-up of the channel's id is worth it."""
    return bool(_HANDLE.search(urlsplit(url).path))
