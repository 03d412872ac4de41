"""The web page's sources: types in step with openapi.json (`--write` writes them), texts whole, no type error."""

import subprocess
import sys

from local import web_page


def main() -> int:
    web_page.link()
    writes = "--write" in sys.argv
    commands = [["node", "types.mjs"]] if writes else [
        ["node", "types.mjs", "--check"],
        ["node", "messages.mjs"],
        ["node", "node_modules/typescript/bin/tsc", "--project", "."],
    ]  # fmt: skip
    return max(subprocess.run(command, cwd=web_page.SOURCE, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
