"""Settings of one machine that cannot work: those that stop the start, and warnings for the rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from dlambda.setting_checks import Problem, find_problems
from dlambda.setting_checks.names import check_plain_names
from dlambda.settings import Settings
from local.start_error import StartError


def check_settings(
    values: Mapping[str, str], settings: Settings, data_dir: Path, files: Sequence[Mapping[str, str]]
) -> list[str]:
    """Warnings, a sentence each. `values` are all variables, `files` those of the two `.env` files, the one in
    `data_dir` last. Raises `StartError` for settings that the service must not start with.
    """
    problems = list(
        dict.fromkeys([*find_problems(values, settings), *_local_problems(values, settings, data_dir, files)])
    )
    if fatal := [str(problem) for problem in problems if problem.fatal]:
        raise StartError("A setting is wrong. " + "\n".join(fatal))
    return [str(problem) for problem in problems]


def _local_problems(
    values: Mapping[str, str], settings: Settings, data_dir: Path, files: Sequence[Mapping[str, str]]
) -> Iterator[Problem]:
    for file in files:
        yield from check_plain_names(file)
    yield from _check_data_dir(values, files[-1])
    yield from _check_base_folders(values, data_dir)
    yield from _check_files(values, settings)


def _check_data_dir(values: Mapping[str, str], far: Mapping[str, str]) -> Iterable[Problem]:
    if "DATA_DIR" in far and values.get("DATA_DIR") == far["DATA_DIR"]:
        yield Problem("DATA_DIR", "has no effect in the .env file of the data folder itself")


def _check_base_folders(values: Mapping[str, str], data_dir: Path) -> Iterable[Problem]:
    """Folders of the machine that somebody named as base folders: files lie below DATA_DIR, whatever these say."""
    places = {"YTP_DOWNLOAD_PATH": data_dir / "media/dlambda/files", "YTP_TEMP_PATH": data_dir / "work"}
    for variable, place in places.items():
        path = Path(values.get(variable, "").strip() or "/tmp")  # noqa: S108 the default of the second
        if path != Path("/tmp") and path.is_absolute() and path != place and _is(path, Path.exists):  # noqa: S108
            yield Problem(variable, f"is what paths in answers begin with; the files themselves are in {place}")


def _is(path: str | Path, check: Callable[[Path], bool]) -> bool:
    """True if `check` holds; not for what this user may not look at, or no file system can hold."""
    try:
        return check(Path(path))
    except OSError:
        return False


def _check_files(values: Mapping[str, str], settings: Settings) -> Iterable[Problem]:
    if values.get("YTP_APPRISE_CONFIG", "").strip() and not _is(settings.apprise_config, Path.is_file):
        yield Problem("YTP_APPRISE_CONFIG", f"there is no file {settings.apprise_config}")
    if settings.streamer_vcodec == "h264_vaapi" and not _is(settings.vaapi_device, Path.exists):
        yield Problem("YTP_VAAPI_DEVICE", f"there is no device {settings.vaapi_device}")
    if _is(settings.config_path, Path.exists) and not _is(settings.config_path, Path.is_dir):
        yield Problem("YTP_CONFIG_PATH", f"{settings.config_path} is a file and has to be a folder", fatal=True)
