"""`make openapi`, second part: the list of the pinned yt-dlp's options, as a file of the function that answers it."""

import json

from local import template

TARGET = template.ROOT / "functions" / "endpoints" / "ytdlp" / "options.json"


def rendered() -> str:
    from dlambda.media.workers.child.query_child import list_options  # loads yt-dlp

    return json.dumps(list_options(), indent=0, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"Wrote {TARGET}")
