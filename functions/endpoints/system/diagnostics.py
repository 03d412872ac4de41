"""`/api/system/diagnostics`: checks of the service and its machine, for people (docs/contract/system.md 5)."""

import os
import platform
import resource
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.system.diagnosis import Check, CheckStatus, overall, summarise
from dlambda.setting_checks import find_problems
from dlambda.settings import Settings
from dlambda.usecases.operations.check_updates import known_updates
from endpoints.system import health, stats

_OLDEST_PYTHON: Final = (3, 11)
_ENGINES: Final = {
    "tables": ("Tables", "Items, rules, tasks and keys are stored there."),
    "media": ("Files", "Finished files are stored there."),
    "queues": ("Queues", "Work is handed to workers there."),
}
_TOOLS: Final = {
    "ffmpeg": ("core", "Merges, converts and cuts media."),
    "ffprobe": ("core", "Reads what a media file contains."),
    "deno": ("youtube", "Solves the challenges of YouTube's player."),
}
_PACKAGES: Final = {
    "apprise": ("Apprise", "notifications", "Sends notifications to services other than web hooks."),
    "curl_cffi": ("curl_cffi", "advanced", "Imitates the handshake of browsers (`--impersonate`)."),
}


def diagnostics() -> dict[str, Any]:
    """Makes all checks anew; only the versions of programs are remembered."""
    settings = current().settings
    state, _ = health.ready()
    checks = list(_checks(settings, state))
    summary = summarise(checks)
    return {
        "status": overall(summary),
        "generated_at": int(current().clock.time()),
        "summary": summary,
        "runtime": _runtime(settings),
        "requirements": {"python": _python()},
        "stats": stats.summary(),
        "checks": [check.view() for check in checks],
    }


def _checks(settings: Settings, state: Mapping[str, Any]) -> Iterator[Check]:
    yield from (_engine(name, engine) for name, engine in state["engines"].items())
    yield _ytdlp(state["ytdlp"])
    yield from (_tool(name, state["tools"].get(name, {})) for name in _TOOLS)
    yield _disk(state["disk"])
    yield _work_folder(settings)
    yield _protection(state["missing"])
    yield _settings(settings)
    yield _updates(settings)
    yield from (_package(name) for name in _PACKAGES)


def _engine(name: str, engine: Mapping[str, Any]) -> Check:
    label, description = _ENGINES[name]
    return Check(
        id=name, label=label, group="core", required=True, description=description,
        status=CheckStatus.PASS if engine["ok"] else CheckStatus.FAIL,
        message="Answers." if engine["ok"] else f"Does not answer ({engine['error']}).",
        details=engine,
    )  # fmt: skip


def _ytdlp(versions: Mapping[str, Any]) -> Check:
    status, message = _age_of(versions) if versions["version"] else (CheckStatus.FAIL, "Not installed.")
    return Check(
        id="yt_dlp_package", label="yt-dlp", group="core", required=True, description="Extracts and downloads.",
        status=status, message=message, details=versions,
    )  # fmt: skip


def _age_of(versions: Mapping[str, Any]) -> tuple[CheckStatus, str]:
    if versions["safe"] is False:
        return CheckStatus.WARN, "Older than the oldest version without a published flaw: update the service."
    if versions["old"]:
        return CheckStatus.WARN, f"{versions['age_days']} days old: many sites change faster. Update the service."
    return CheckStatus.PASS, "Installed."


def _tool(name: str, tool: Mapping[str, Any]) -> Check:
    group, description = _TOOLS[name]
    if not tool:
        status, message = CheckStatus.SKIP, "Lies in the functions that use it."
    elif tool["ok"]:
        status, message = _age_of(tool)
    else:
        status, message = CheckStatus.FAIL, "Does not run." if tool["version"] else "Not installed."
    return Check(
        id=name, label=name, group=group, required=name == "ffmpeg", description=description, status=status,
        message=message, details=tool,
    )  # fmt: skip


def _disk(space: Mapping[str, Any]) -> Check:
    free, reserve = (space[name] / 1e9 for name in ("available_bytes", "reserve_bytes"))
    text = f"{free:,.1f} GB may still be written, {reserve:,.1f} GB stay free."
    return Check(
        id="disk", label="Disk space", group="core", required=True,
        description="Free space of the volume that downloads fill first.",
        status=CheckStatus.PASS if space["ok"] else CheckStatus.FAIL,
        message=text if space["ok"] else f"No download begins: {text}",
        details=space,
    )  # fmt: skip


def _work_folder(settings: Settings) -> Check:
    folder = settings.scratch
    writable = folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    return Check(
        id="temp_path", label="Work folder", group="core", required=True,
        description="Holds files while they are downloaded.",
        status=CheckStatus.PASS if writable else CheckStatus.FAIL,
        message="Writable." if writable else "Not there, or not writable.",
    )  # fmt: skip


def _protection(missing: list[str]) -> Check:
    return Check(
        id="sandbox", label="Sandbox", group="security",
        description="Keeps what handles media of strangers away from the rest of the machine.",
        status=CheckStatus.WARN if missing else CheckStatus.PASS,
        message=" ".join(missing) or "Complete.",
        details={"mode": current().settings.sandbox, "missing": missing},
    )  # fmt: skip


def _settings(settings: Settings) -> Check:
    problems = [str(problem) for problem in find_problems(os.environ, settings)]
    return Check(
        id="settings", label="Settings", group="core", description="Settings that somebody set and that cannot work.",
        status=CheckStatus.WARN if problems else CheckStatus.PASS,
        message="; ".join(problems) or "All settings have their effect.",
        details={"problems": problems},
    )  # fmt: skip


def _updates(settings: Settings) -> Check:
    updates = known_updates()
    if not settings.check_for_updates:
        status, message = CheckStatus.SKIP, "Switched off (YTP_CHECK_FOR_UPDATES)."
    elif any(updates.values()):
        names = {"new_version": "this service", "yt_new_version": "yt-dlp"}
        news = [f"{names[name]} {latest}" for name, latest in updates.items() if latest]
        status, message = CheckStatus.WARN, f"There is a newer release: {', '.join(news)}."
    else:
        status, message = CheckStatus.PASS, "None is known."
    return Check(
        id="updates", label="Updates", group="core", description="Newer releases.", status=status, message=message,
        details=updates,
    )  # fmt: skip


def _package(name: str) -> Check:
    label, group, description = _PACKAGES[name]
    try:
        installed = version(name)
    except PackageNotFoundError:
        installed = None
    return Check(
        id=name, label=label, group=group, description=description,
        status=CheckStatus.PASS if installed else CheckStatus.SKIP,
        message="Installed." if installed else "Not installed.",
        details={"package": name, "version": installed},
    )  # fmt: skip


def _python() -> dict[str, Any]:
    return {
        "current": platform.python_version(),
        "required": ".".join(map(str, _OLDEST_PYTHON)),
        "supported": sys.version_info[:2] >= _OLDEST_PYTHON,
        "note": "",
    }


def _runtime(settings: Settings) -> dict[str, Any]:
    uptime = health.live()["uptime_seconds"]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "app_version": settings.app_version,
        "app_branch": settings.app_branch,
        "app_commit_sha": settings.app_commit_sha,
        "app_build_date": settings.app_build_date,
        "started": int(settings.started_at),
        "uptime_seconds": int(uptime or 0),
        "platform": platform.system().lower(),
        "platform_release": platform.release(),
        "platform_machine": platform.machine(),
        "python_version": platform.python_version(),
        "python_minimum": ".".join(map(str, _OLDEST_PYTHON)),
        "is_native": False,
        "console_enabled": settings.console_enabled,
        "open_files": {"soft_limit": soft, "hard_limit": hard},
    }
