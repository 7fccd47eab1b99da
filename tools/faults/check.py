#!/usr/bin/env python3
"""Checks a mirror against the invariants of docs/design.md, without any code of Larder's.

    check.py ROOT [--readers] [--unsettled]

`readers(root)` sees what a web server shows and nothing else: I3, I4, I9 and I17. `check(root)` also sees the index,
the records and the objects: I1, I2, and what later runs will rely on (marks of whole views, links without a mark).
Each returns a list of violations; none of them writes anything.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from look import Check, Violation
from look_index import look_at_layout, look_at_marks, look_at_objects, look_at_records, look_for_leftovers, open_index
from look_pages import look_at_front_page
from look_tree import look_as_reader, look_at_changes, look_at_snapshots


def readers(root: Path | str) -> tuple[list[Violation], str | None]:
    """What readers of the tree see: violations of I3, I4, I9 and I17, and the digest of the tree; None without one."""
    check = Check(root)
    look_as_reader(check, None)
    return check.violations, check.tree


def check(
    root: Path | str, settled: bool = True, needs_index: bool = False, swept: bool = True
) -> list[Violation]:
    """Everything that is to hold after a command that ended well, or, not `settled`, at any moment.

    A mirror that was interrupted may have records that the index does not know, objects that nothing refers to, and
    projects that wait for publication; a settled one has none of these that matter. Without `needs_index` such a mirror
    may have no index, or one that is only being made. Not `swept`, a settled one may still have what a command made for
    itself: that it was removed is not made durable.
    """
    look = Check(root)
    look_at_layout(look)
    if settled and swept:
        look_for_leftovers(look)
    has_index = any(os.path.lexists(look.path(name)) for name in ("web", "index/data.mdb"))
    index = open_index(look, needs_index or settled and has_index)
    look_as_reader(look, index)
    if index is not None:
        look_at_objects(look, index)
        look_at_records(look, index, settled)
        look_at_marks(look, index, settled)
    look_at_changes(look)
    look_at_snapshots(look, settled)
    look_at_front_page(look)
    return look.violations


def reported(root: Path | str) -> dict[str, object]:
    """What commands report as done, in a form to compare: index, files that tell of the mirror, names of packages, and
    live generation.

    Marks of links that wait are left out: they only save the next publication a look.
    """
    look = Check(root)
    found: dict[str, object] = {
        name: look.read(name)
        for name in (
            "store.json", "larder.toml", "projects.txt", "blocked.txt", "state.json", "status.json", "web/generation.json",
        )
    }
    # A blocked file must not be had by who knows its URL.
    found["packages"] = look.files_below("packages")
    index = open_index(look, is_needed=False)
    if index is not None:
        found["index: objects"] = sorted(index.objects)
        found["index: projects"] = sorted((row.name, row.state, row.record) for row in index.projects.values())
        found["index: published"] = sorted((row.name, row.view, row.listed) for row in index.published.values())
        found["index: unpublished"] = sorted(index.unpublished)
        found["index: meta"] = sorted(index.others.get("meta", {}).items())
    return found


def snapshots(root: Path | str) -> frozenset[str]:
    """The names of the snapshots that can be had."""
    folder = Check(root).path("snapshots")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return frozenset(name for name in names if not name.startswith("."))


def tree_digest(root: Path | str) -> str | None:
    """What `generation.json` of the live tree says."""
    data = Check(root).read("web/generation.json")
    if data is None:
        return None
    try:
        return json.loads(data)["treeDigest"]
    except (ValueError, KeyError, TypeError):
        return None


def leads_back(root: Path | str) -> bool:
    """Whether one of the changes in `generations/` led to the live tree, so that what was before can come back."""
    try:
        live = json.loads((Path(root) / "web/generation.json").read_bytes())
        for path in (Path(root) / "generations").glob("*.json"):
            change = json.loads(path.read_bytes())
            if (change["generation"], change["treeDigest"]) == (live["generation"], live["treeDigest"]):
                return True
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return False


def main(arguments: list[str]) -> int:
    """Prints the violations of one mirror."""
    roots = [argument for argument in arguments if not argument.startswith("--")]
    if len(roots) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    if "--readers" in arguments:
        violations, _ = readers(roots[0])
    else:
        violations = check(roots[0], settled="--unsettled" not in arguments)
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
