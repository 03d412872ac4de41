"""A ZIP that is made while it is sent: what will be in it, as far as can be said without reading the files."""

from collections.abc import Sequence
from dataclasses import dataclass

from dlambda.aws import bucket
from dlambda.aws.stored import Stored
from dlambda.domain.files.plain_name import PortableNames
from dlambda.domain.files.zip_layout import ZipEntry, ZipLayout
from dlambda.domain.paths.home import from_home
from dlambda.domain.paths.paths import object_key
from dlambda.store.files import jobs
from dlambda.usecases.files.bundle_files import KIND, PREFIX


@dataclass(frozen=True, slots=True)
class StreamedBundle:
    """`files`: what the entries of `layout` hold, in their order. `stored`: the archive as an object."""

    files: Sequence[Stored]
    layout: ZipLayout
    stored: Stored


def find_bundle(key: str) -> StreamedBundle | None:
    """The ZIP that an address names by `key`, of the files that are still there. None without any, or such a job."""
    job = jobs.find(key.removeprefix(PREFIX).removesuffix(".zip"))
    if job is None or job.kind != KIND or not key.startswith(PREFIX):
        return None
    files, entries, names = [], [], PortableNames()
    for path in job.body["files"]:
        file = bucket.find(object_key(path))
        if file is not None:
            files.append(file)
            name = names.name_of(from_home(job.body.get("home", ""), path))
            entries.append(ZipEntry(name, file.size_bytes, file.modified))
    if not files:
        return None
    layout = ZipLayout(entries)
    newest = max(file.modified for file in files)
    return StreamedBundle(files, layout, Stored(key, layout.size_bytes, newest, layout.version))
