"""Conflicts between changes of files: a change of a path reaches its sidecars, its folder and all below it."""

from dlambda.domain.files.sidecar import stem_of


def overlap(first: str, second: str) -> bool:
    """True if changes of `first` and of `second` would meet; paths below the root.

    A path reaches what lies below it, and the files of its folder that go along with it as sidecars.
    """
    return _reaches(first, second) or _reaches(second, first)


def _reaches(path: str, second: str) -> bool:
    folder, slash, name = path.rpartition("/")
    return second == path or second.startswith((f"{path}/", f"{folder}{slash}{stem_of(name)}."))
