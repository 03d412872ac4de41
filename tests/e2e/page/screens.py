"""The screens that there are, out of the page's sources."""

import json

from local.web_page import SOURCE


def paths() -> dict[str, str]:
    """Name -> address of each screen."""
    facts = sorted((SOURCE / "src" / "screens").glob("*/screen.json"))
    return {path.parent.name: str(json.loads(path.read_text(encoding="utf-8"))["path"]) for path in facts}
