"""Options with which a task's feed is read (docs/contract/tasks.md 5, 6)."""

from collections.abc import Mapping
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.archive import archive_key
from dlambda.domain.tasks.task import Task
from dlambda.media.handlers.client import Client, browser_like
from dlambda.media.outgoing.request import DEFAULT_TIMEOUT_SECONDS, Answer, Request
from dlambda.media.workers.browser_fetch import fetch_as_browser
from dlambda.media.workers.ytdlp_queries import params_of, places_of
from dlambda.media.ytdlp.worker_jobs import OptionTexts
from dlambda.usecases.items.options import archive_named
from dlambda.usecases.rules.presets import preset_for

Params = Mapping[str, Any]


def archive_of_task(task: Task) -> str | None:
    """The key of the download archive that its preset and its own options name, None without one.

    Raises `Invalid` for what is no command line.
    """
    name = archive_named(preset_for(task.preset).cli, task.cli)
    return archive_key(name, task.owner) if name else None


def params_of_task(task: Task) -> dict[str, Any]:
    """yt-dlp's parameters: preset, then the task's options, then its template. Raises `Invalid`."""
    return params_of(texts_of_task(task))


def texts_of_task(task: Task) -> OptionTexts:
    """The same as texts, for a process without yt-dlp."""
    return texts_of(task.preset, task.cli, task.folder, task.template)


def texts_of(preset_name: str, cli: str, folder: str = "", template: str = "") -> OptionTexts:
    """The option texts with which a task of these fields would be read."""
    preset = preset_for(preset_name)
    return OptionTexts(
        places_of(current().settings),
        preset_cli=preset.cli,
        preset_name=preset.name,
        item_cli=cli,
        folder=folder or preset.folder.strip("/"),
        template=template or preset.template,
    )


def _ask(request: Request) -> Answer:
    from dlambda.media.outgoing.fetch import fetch  # loads urllib3, which a list of tasks does without

    how = fetch_as_browser if request.browser else fetch
    return how(request, allow_internal=current().settings.allow_internal_urls)


def client_for(params: Params) -> Client:
    """Asks sites with the proxy, the timeout and the user agent that the options name."""
    headers: Mapping[str, str] = params.get("http_headers") or {}
    return Client(
        _ask,
        user_agent=headers.get("User-Agent") or browser_like(current().random.random),
        timeout_seconds=float(params.get("socket_timeout") or DEFAULT_TIMEOUT_SECONDS),
        proxy=params.get("proxy") or None,
        most_items=current().settings.max_playlist_entries,
    )
