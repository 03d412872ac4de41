"""Whether two changes of files may run at once: what a change of a path reaches, in the same folder and below."""

from dlambda.domain.files.sidecar import stem_of


def overlap(one: str, other: str) -> bool:
    """Whether a change of `one` touches what a change of `other` does; paths below the root.

    A path reaches what lies below it, and the files of its folder that go along with it as sidecars.
    """
    return _reaches(one, other) or _reaches(other, one)


def _reaches(path: str, other: str) -> bool:
    folder, slash, name = path.rpartition("/")
    return other == path or other.startswith((f"{path}/", f"{folder}{slash}{stem_of(name)}."))
