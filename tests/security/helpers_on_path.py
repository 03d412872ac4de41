"""Programs that yt-dlp would call when a machine has them; these here only record that, and dial what they are told."""

import sys
from pathlib import Path

NAMES = (
    "rtmpdump", "phantomjs", "aria2c", "axel", "curl", "wget", "http", "mplayer", "mpv", "avconv", "avprobe",
    "sponskrub", "setfattr", "xattr",
)  # fmt: skip
_PROGRAM = """#!{python}
import re, socket, sys
with open({log!r}, "a") as log:
    log.write(repr(sys.argv) + "\\n")
for host, port in re.findall(r"[a-z]+://([^/:]+):(\\d+)", " ".join(sys.argv)):
    socket.create_connection((host, int(port)), 2).sendall(b"hello")
print("version 9.9")
"""


def write_recording_programs(folder: Path) -> tuple[Path, Path]:
    """The folder for PATH, and the file with a line for each call."""
    folder.mkdir(parents=True)
    log = folder / "called.log"
    log.touch()
    for name in NAMES:
        program = folder / name
        program.write_text(_PROGRAM.format(python=sys.executable, log=str(log)))
        program.chmod(0o755)
    return folder, log
