"""What people see of a mirror: the front page and what it loads, which no digest speaks of."""

from __future__ import annotations

import json
import os

from look import Check


def look_at_front_page(check: Check) -> None:
    """Every file of the front page is whole: all of them are texts that end with a line, or are not there yet."""
    folder = check.path("pages")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.startswith("."):
            continue
        path = f"pages/{name}"
        data = check.read(path) or b""
        if b"\0" in data or not data.endswith((b"\n", b"}")):
            check.note("I4", path, f"it is cut off after {len(data)} bytes")
        elif name.endswith(".html") and not data.rstrip().endswith(b"</html>"):
            check.note("I4", path, "it does not end where a page ends")
        elif name.endswith(".json") and not _is_json(data):
            check.note("I4", path, "it is no JSON")


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
