"""Operation ids: the names that generated clients give to their functions.

Groups of resources follow one rule (`list_presets`, `get_preset`, `create_preset` ...); the others are named here.
"""

import re
from collections.abc import Iterator
from typing import Any

_RESOURCES = {
    "presets": "preset",
    "conditions": "condition",
    "notifications": "notification_target",
    "dl_fields": "download_field",
    "tasks": "task",
    "tasks/definitions": "task_definition",
}
_VERBS = {"get": "get", "post": "create", "put": "replace", "patch": "update", "delete": "delete"}
_NAMES = {
    "get /api/archiver": "list_archive_entries",
    "post /api/archiver": "add_archive_entries",
    "delete /api/archiver": "delete_archive_entries",
    "get /api/auth/status": "get_auth_status",
    "post /api/auth/setup": "set_up_first_account",
    "post /api/auth/login": "sign_in",
    "post /api/auth/logout": "sign_out",
    "get /api/auth/me": "get_own_account",
    "patch /api/auth/account": "update_own_account",
    "get /api/auth/sessions": "list_sessions",
    "delete /api/auth/sessions": "end_other_sessions",
    "delete /api/auth/sessions/{id}": "end_session",
    "post /api/auth/ws-ticket": "create_websocket_ticket",
    "get /api/auth/api-keys": "list_account_keys",
    "post /api/auth/api-keys": "create_account_key",
    "delete /api/auth/api-keys/{id}": "delete_account_key",
    "get /api/auth/accounts": "list_accounts",
    "post /api/auth/accounts": "create_account",
    "get /api/auth/accounts/{id}": "get_account",
    "patch /api/auth/accounts/{id}": "update_account",
    "delete /api/auth/accounts/{id}": "delete_account",
    "get /api/auth/oidc/login": "begin_oidc_sign_in",
    "get /api/auth/oidc/callback": "finish_oidc_sign_in",
    "post /api/conditions/check": "check_condition_filter",
    "post /api/conditions/test": "test_condition",
    "get /api/dev/loop": "get_event_loop",
    "get /api/dev/pip": "list_packages",
    "get /api/docs": "get_api_reference",
    "get /api/docs/{file}": "get_document",
    "get /": "get_page",
    "get /{path}": "get_page_file",
    "get /{file}": "get_root_document",
    "get /api/download/{path}": "download_file",
    "post /api/file/actions": "act_on_files",
    "get /api/file/browser": "list_root_folder",
    "get /api/file/browser/{path}": "list_folder",
    "get /api/file/download": "download_zip_without_token",
    "post /api/file/download": "create_zip",
    "get /api/file/download/{token}": "download_zip",
    "get /api/file/ffprobe": "probe_without_file",
    "get /api/file/ffprobe/{path}": "probe_file",
    "get /api/file/info": "get_file_info_without_file",
    "get /api/file/info/{path}": "get_file_info",
    "get /api/file/jobs/{id}": "get_file_job",
    "get /api/history": "list_items",
    "post /api/history": "add_items",
    "delete /api/history": "delete_items",
    "get /api/history/add": "add_item_by_link",
    "post /api/history/cancel": "cancel_items",
    "post /api/history/force-start": "force_start_items",
    "get /api/history/live": "list_live_items",
    "post /api/history/pause": "pause_items",
    "post /api/history/position": "move_items",
    "post /api/history/retry": "retry_items",
    "post /api/history/start": "start_items",
    "get /api/history/{id}": "get_item",
    "post /api/history/{id}": "update_item",
    "post /api/history/{id}/archive": "archive_item",
    "delete /api/history/{id}/archive": "unarchive_item",
    "post /api/history/{id}/nfo": "write_item_nfo",
    "post /api/history/{id}/rename": "rename_item_file",
    "get /api/history/{id}/thumbnail": "get_item_thumbnail",
    "get /api/cookies": "list_cookie_jars",
    "post /api/cookies": "add_cookies",
    "get /api/cookies/{site}": "get_cookie_jar",
    "put /api/cookies/{site}": "replace_cookie_jar",
    "delete /api/cookies/{site}": "delete_cookie_jar",
    "get /api/logs": "list_log_entries",
    "get /api/logs/level": "get_log_level",
    "post /api/logs/level/{level}": "set_log_level",
    "get /api/logs/stream": "follow_log",
    "get /api/notifications/events": "list_notification_events",
    "post /api/notifications/test": "send_test_notification",
    "get /api/ping": "ping",
    "get /api/player/m3u8/{mode}/.m3u8": "get_media_playlist_without_file",
    "get /api/player/m3u8/{mode}/{file}.m3u8": "get_media_playlist",
    "get /api/player/playlist/.m3u8": "get_playlist_without_file",
    "get /api/player/playlist/{file}.m3u8": "get_playlist",
    "get /api/player/segments/{segment}/.ts": "get_segment_without_file",
    "get /api/player/segments/{segment}/{file}.ts": "get_segment",
    "get /api/player/subtitle/.vtt": "get_subtitle_without_file",
    "get /api/player/subtitle/{file}.vtt": "get_subtitle",
    "get /api/player/subtitles/manifest/{file}": "list_subtitles",
    "get /api/player/subtitles/{source_format}/{file}": "convert_subtitle",
    "get /api/random/background": "get_background",
    "get /api/stats/bottlenecks": "list_bottlenecks",
    "get /api/stats/history": "list_samples",
    "get /api/stats/latest": "get_latest_sample",
    "get /api/stats/stream": "follow_samples",
    "post /api/system/check-updates": "check_updates",
    "get /api/system/configuration": "get_configuration",
    "get /api/system/diagnostics": "get_diagnostics",
    "get /api/system/folders": "list_subfolders",
    "get /api/system/limits": "get_limits",
    "get /api/system/live": "get_liveness",
    "get /api/system/ready": "get_readiness",
    "get /api/system/settings": "list_settings",
    "post /api/system/pause": "pause_queue",
    "post /api/system/resume": "resume_queue",
    "post /api/system/shutdown": "shut_down",
    "post /api/system/terminal": "run_terminal_command",
    "get /api/system/terminal": "list_terminal_sessions",
    "get /api/system/terminal/active": "get_active_terminal_session",
    "get /api/system/terminal/{session_id}": "get_terminal_session",
    "delete /api/system/terminal/{session_id}": "cancel_terminal_session",
    "get /api/system/terminal/{session_id}/stream": "follow_terminal_session",
    "get /api/tasks/definitions/impersonate-targets": "list_impersonate_targets",
    "post /api/tasks/definitions/inspect": "test_task_definition",
    "post /api/tasks/inspect": "inspect_task",
    "get /api/tasks/timer": "preview_timer",
    "post /api/tasks/{id}/mark": "mark_task_downloaded",
    "delete /api/tasks/{id}/mark": "unmark_task_downloaded",
    "post /api/tasks/{id}/metadata": "write_task_metadata",
    "get /api/thumbnail": "get_thumbnail",
    "post /api/yt-dlp/archive_id": "get_archive_ids",
    "post /api/yt-dlp/command": "write_command",
    "post /api/yt-dlp/convert": "convert_options",
    "get /api/yt-dlp/options": "list_ytdlp_options",
    "get /api/yt-dlp/url/info": "get_url_info",
    "post /check_permissions": "check_key_permissions",
    "post /create_key": "create_key",
    "delete /delete_key/{name}": "delete_key",
    "get /get_key/{name}": "get_key",
    "delete /get_key/{name}": "delete_key_by_get_path",
    "get /get_keys": "list_keys",
    "get /files/{task_id}/{name}": "get_key_task_file",
    "post /get_audio": "create_audio_task",
    "post /get_info": "create_info_task",
    "post /get_live_audio": "create_live_audio_task",
    "post /get_live_video": "create_live_video_task",
    "post /get_video": "create_video_task",
    "get /status/{task_id}": "get_key_task",
    "get /api/system/yt-dlp": "get_ytdlp_release",
    "post /api/system/yt-dlp/update": "update_ytdlp",
    "get /metrics": "get_metrics",
}
_COLLECTION = re.compile(r"/api/(.+?)(/\{id\})?")


def operation_id(method: str, path: str) -> str:
    """The name of an operation. Raises `KeyError` for a route that has none yet."""
    if name := _NAMES.get(f"{method} {path}"):
        return name
    match = _COLLECTION.fullmatch(path)
    resource = _RESOURCES[match[1]] if match else ""
    if not resource:
        raise KeyError(path)
    if method == "get" and not (match and match[2]):
        return f"list_{resource}s"
    return f"{_VERBS[method]}_{resource}"


def operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of all routes."""
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield method, path, operation
