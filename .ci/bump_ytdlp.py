"""Takes the newest yt-dlp into requirements.in and the lock files. Prints its version; nothing when that is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^yt-dlp==(\S+)$", re.MULTILINE)


def newest() -> str:
    """The newest release that the package index has."""
    resolve = [sys.executable, "-m", "uv", "pip", "compile", "-q", "--no-header", "--no-annotate", "--no-deps", "-"]
    output = subprocess.run(resolve, input="yt-dlp", cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    match = _PIN.search(output)
    if match is None:
        raise SystemExit(f"the package index does not tell yt-dlp's version: {output!r}")
    return match[1]


def main() -> int:
    path = ROOT / "requirements.in"
    text, version = path.read_text(encoding="utf-8"), newest()
    if f"yt-dlp=={version}\n" in text:
        return 0
    path.write_text(_PIN.sub(f"yt-dlp=={version}", text), encoding="utf-8")
    lock = [sys.executable, str(ROOT / ".ci/locks.py"), "--write", "--upgrade", "yt-dlp", "--upgrade", "yt-dlp-ejs"]
    subprocess.run(lock, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
