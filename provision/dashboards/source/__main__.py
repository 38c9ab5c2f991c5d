"""Writes the dashboards beside this folder: `python3 provision/dashboards/source`.

With `--check` it writes nothing and fails when a file is not what it would write. Needs Python 3.9 and nothing else.
"""

import json
import sys
from pathlib import Path

# Nothing but dashboards is left in a folder that is shipped.
sys.dont_write_bytecode = True

from boards import BOARDS  # noqa: E402

HERE = Path(__file__).resolve().parent


def main() -> int:
    stale = []
    for name, board in BOARDS.items():
        path = HERE.parent / f"{name}.json"
        text = json.dumps(board(), indent=2, ensure_ascii=False) + "\n"
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    unknown = {path.stem for path in HERE.parent.glob("*.json")} - set(BOARDS)
    stale += [f"{name}.json (nothing writes it)" for name in sorted(unknown)]
    if stale:
        print("out of date: " + ", ".join(stale) + "; run: python3 provision/dashboards/source", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
