"""JSON of items as rows hold it: compressed, so that most rows cost one write unit (1 KB)."""

import json
import zlib
from typing import Any, Final

_WITH_VOCABULARY: Final = b"1"
# What most records have in common. Rows are written with it: another one needs another mark, and this one stays.
_VOCABULARY: Final = (
    b'{"owner":"","home":"","owner_seq":0,"slots":["slot//","slot/youtube/"],"extracted":true,"requeued":false,'
    b'"posted_url":"https://www.youtube.com/watch?v=","part":"","hinted_url":"","label":"","ie_key":"","told":{},'
    b'"archive":null,"old_archive_ids":[],"info_at":0.0,"identity":"","entries":0,"expanded":0,"queued":0,'
    b'"brought_nothing":false,"chain":[],"start_at":0.0,"begun":0,"attempts":0,"remedies":[],"proxies":[],"remedy":null,'
    b'"retry_at":0.0,"past_pause":false,"stored_at":17'
    b'{"_id":"","url":"https://www.","title":"","preset":"default","timestamp":17,"status":"pending","preparing",'
    b'"finished","error","id":"","description":"","folder":"","template":"%(title)s.%(ext)s","template_chapter":null,'
    b'"cli":"","cookies":"","auto_start":true,"force_start":false,"extras":{"duration":,"uploader":"","channel":"",'
    b'"thumbnail":"https://i.ytimg.com/vi/","is_video":true,"is_audio":true,"is_premiere":false,"is_live":false,'
    b'"playlist":"","playlist_index":},"download_dir":"/downloads","temp_dir":"/tmp","is_live":null,"live_in":null,'
    b'"file_size":null,"filename":null,"total_bytes":null,"downloaded_bytes":null,"archive_id":null,'
    b'"is_archivable":true,"is_archived":false,"sidecar":{"subtitle":[],"image":[{"file":""}]},"download_skipped":false,'
    b'"msg":null,"error":null,"failure":null,"attempts":[],"warnings":[],"has_cookies":false,'
    b'"datetime":", Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 20:: +0000","options":{},"queue_position":null,'
    b'"percent":100.0,"progress":100.0,"percent":null,"progress":null,"tmpfilename":null,"total_bytes_estimate":null,'
    b'"speed":null,"eta":null,"speed_bps":null,"eta_seconds":null,"postprocessor":null}'
)


def render(value: Any) -> bytes:
    """The JSON of a value, without blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def pack(document: bytes) -> bytes:
    """The packed form of a JSON document, as a row holds it."""
    compressor = zlib.compressobj(zdict=_VOCABULARY)
    return _WITH_VOCABULARY + compressor.compress(document) + compressor.flush()


def unpack(data: bytes) -> bytes:
    """The JSON document of a row; earlier versions kept it as it is."""
    if not data.startswith(_WITH_VOCABULARY):
        return data
    return zlib.decompressobj(zdict=_VOCABULARY).decompress(data[len(_WITH_VOCABULARY) :])
