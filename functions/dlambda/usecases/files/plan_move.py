"""Plans of renames and moves: all destinations are checked before anything is copied."""

from collections.abc import Callable
from dataclasses import dataclass

from dlambda.aws import bucket
from dlambda.domain.files.file_action import Refused, checked_name, inside
from dlambda.domain.files.sidecar import owned_by, stem_of
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Invalid
from dlambda.usecases.files.find_file import files_below
from dlambda.usecases.files.folders import folder_key, is_folder, join, split


@dataclass(frozen=True, slots=True)
class Transfer:
    """An object that moves; paths below the root."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`transfers` are all objects, `sidecars` those of them that go along with a file."""

    source: str
    target: str
    transfers: tuple[Transfer, ...]
    sidecars: tuple[Transfer, ...] = ()

    @property
    def is_folder(self) -> bool:
        """True if `source` names no object, but what the objects lie in."""
        return all(transfer.source != self.source for transfer in self.transfers)


def plan_rename(source: str, new_name: str) -> Plan:
    """In the same folder, sidecars along. Raises `Refused`."""
    name = checked_name(new_name)
    folder, _ = split(source)

    def clash(target: str, *, sidecar: bool) -> str:
        return f"{'Sidecar destination' if sidecar else 'Destination'} '{split(target)[1]}' already exists"

    return _plan(source, join(folder, name), clash)


def plan_move(source: str, new_folder: str, home: str = "") -> Plan:
    """Into another folder, which is named as a client of `home` names it, sidecars along. Raises `Refused`."""
    if "\0" in new_folder:
        raise Refused("Destination path is invalid.")
    folder = inside(new_folder, "Destination outside download root.", home)
    own_folder, name = split(source)
    if folder == own_folder:
        raise Refused("Source and destination are the same.")
    if f"{folder}/".startswith(f"{source}/") or not is_folder(folder):
        raise Refused("Destination path is invalid.")

    def clash(target: str, *, sidecar: bool) -> str:
        return f"{'Sidecar destination' if sidecar else 'Destination'} '{target}' already exists"

    return _plan(source, join(folder, name), clash)


def _plan(source: str, target: str, clash: Callable[..., str]) -> Plan:
    _check_length(target)
    if _is_taken(target):
        raise Refused(clash(target, sidecar=False))
    if bucket.find(object_key(source)) is None:
        return _folder_plan(source, target)
    folder, name = split(source)
    target_folder, target_name = split(target)
    own = [
        Transfer(
            join(folder, transfer), join(target_folder, stem_of(target_name) + transfer.removeprefix(stem_of(name)))
        )
        for transfer in owned_by(name, _same_stem(source))
    ]
    for transfer in own:
        _check_length(transfer.target)
        if _is_taken(transfer.target):
            raise Refused(clash(transfer.target, sidecar=True))
    return Plan(source, target, (Transfer(source, target), *own), tuple(own))


def _same_stem(path: str) -> list[str]:
    """Names in the folder that begin with the stem of `path`; one small listing."""
    folder, name = split(path)
    prefix = folder_key(folder)
    files, _ = bucket.list_folder(f"{prefix}{stem_of(name)}.")
    return [name, *(entry.key.removeprefix(prefix) for entry in files if entry.size_bytes > 0)]


def _folder_plan(source: str, target: str) -> Plan:
    prefix = folder_key(source)
    relative_paths = [transfer_or_entry.key.removeprefix(prefix) for transfer_or_entry in files_below(source)]
    if not relative_paths:
        raise Refused(f"path '{source}' does not exist.")
    transfers = tuple(Transfer(f"{source}/{path}", f"{target}/{path}") for path in relative_paths)
    for transfer_or_entry in transfers:
        _check_length(transfer_or_entry.target)
    return Plan(source, target, transfers)


def _is_taken(path: str) -> bool:
    return bucket.find(object_key(path)) is not None or is_folder(path)


def _check_length(path: str) -> None:
    try:
        object_key(path)
    except Invalid:
        raise Refused("The new name is too long.") from None
