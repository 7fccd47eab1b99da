"""Steps that all cases of rot share: `verify` run and judged, and commands that must succeed."""

from __future__ import annotations

import os
from pathlib import Path

import check
import running
from rot_cases import Case, Expectation
from scenarios import Bench

BITS = {
    **dict.fromkeys(("missing", "short", "long", "digest-mismatch", "bad-mode", "record-corrupt"), 1),
    **dict.fromkeys(
        ("orphan", "index-corrupt", "index-dangling", "publication-dangling", "page-mismatch"), 2
    ),
    "io-error": 4,
}
"""What each class of a finding adds to the exit code of `verify`."""


class Trouble(Exception):
    """What is wrong with how a case went."""


class Original:
    """The mirror before all damage."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.digest = check.tree_digest(bench.root)

    def bytes(self, path: str) -> object:
        """What is under a path, to be compared."""
        return held(self.bench.root / path)


def held(path: Path) -> object:
    """The bytes of a file, the target of a link, the names in a folder."""
    if path.is_symlink():
        return os.readlink(path)
    if path.is_dir():
        return {str(each.relative_to(path)): held(each) for each in path.rglob("*") if not each.is_dir()}
    return path.read_bytes() if path.exists() else None


def verify(bench: Bench, expectation: Expectation | None = None, *more: str) -> running.Outcome:
    """Runs `verify`, and sees that its exit code is that of its findings."""
    outcome = bench.larder("verify", *more)
    if outcome.timed_out or outcome.code < 0 or outcome.left:
        raise Trouble(f"{outcome} {'left processes' if outcome.left else ''}")
    if expectation is not None and expectation.codes:
        return outcome
    if outcome.code > 15:
        raise Trouble(str(outcome))
    if more:
        return outcome
    bits = 0
    for each in outcome.report.get("findings", []):
        bits |= BITS.get(each.get("class", ""), 16)
    if outcome.code & ~4 != bits & ~4 or bits & 4 & ~outcome.code or ("findings" not in outcome.report):
        raise Trouble(f"the exit code should be {bits}: {outcome} {outcome.output[:600]}")
    if outcome.code & 4 and not any(each["class"].startswith(("io", "index")) for each in outcome.report["findings"]):
        raise Trouble(f"nothing says what could not be checked: {outcome.output[:600]}")
    return outcome


def judge(case: Case, findings: list[dict], expectation: Expectation, root: Path) -> None:
    """Whether findings have the right class and name what was damaged."""
    classes = {each["class"] for each in findings}
    right = expectation.classes or expectation.others
    if not classes & right or classes - expectation.classes - expectation.others:
        raise Trouble(f"named {sorted(classes)} instead of {sorted(right)}: {findings[:3]}")
    if not expectation.must_name or not expectation.classes:
        return
    name = Path(case.path).name
    about = {name, name.removesuffix(".json"), case.path}
    if case.kind.startswith("view-"):
        # A view is known to readers, and so to findings, by its project.
        view = case.path if case.kind == "view-folder" else str(Path(case.path).parent)
        about |= {link.name for link in (root / "web" / "simple").iterdir()
                  if link.is_symlink() and os.readlink(link).endswith(view)}
    named = [each for each in findings if each["class"] in expectation.classes and any(
        text and (text in about or Path(text).name in about)
        for text in (each.get("path"), each.get("object"), each.get("project"), each.get("file")))]
    if not named:
        raise Trouble(f"no finding names it: {findings[:3]}")


def ended(bench: Bench, *command: str) -> running.Outcome:
    """Runs a command that must succeed now."""
    outcome = bench.larder(*command)
    if outcome.code != 0 or outcome.timed_out:
        raise Trouble(str(outcome))
    return outcome
