"""Rot of objects whose files the upstream does not have any more: withdrawn, and healed when they are back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import check
import pages
import upstream
from rot_steps import Original, Trouble, ended, judge, verify
from rot_cases import EXPECTED, Case
from scenarios import Bench


def listed(root: Path) -> dict[str, list[str | None]]:
    """What pages list, HTML and JSON alike: the names of files with the digest of their sidecars."""
    found: dict[str, list[str | None]] = {}
    for folder in sorted((root / "web" / "simple").iterdir()):
        if folder.is_dir():
            for parse, name in ((pages.html_page, "index.html"), (pages.json_page, "index.v1_json")):
                for file in parse((folder / name).read_bytes()).files:
                    found.setdefault(file.filename, []).append(file.sidecar)
    return found


def follow_lost(case: Case, bench: Bench, original: Original) -> None:
    """Sees damage withdrawn, and healed when the upstream has the file again."""
    judge(case, verify(bench).report["findings"], EXPECTED[case.kind][case.damage], bench.root)
    name = Path(case.path).name
    links = [path for path in (original.bench.root / "packages").rglob("*") if path.resolve().name == name]
    taken: dict[Path, bytes] = {}
    for link in links:
        for path in bench.upstream.rglob(link.name):
            taken[path] = path.read_bytes()
            path.unlink()
    repaired = verify(bench, None, "--repair")
    outcomes = {each.get("outcome") for each in repaired.report.get("findings", [])}
    own = [each for each in repaired.report.get("findings", []) if each.get("object") == name]
    if case.kind == "sidecar" and outcomes == {"repaired"}:
        # It is within the wheel.
        settle_lost(case, bench, original, taken)
        return
    if "withdrawn" not in {each.get("outcome") for each in own} or not repaired.code & 1:
        raise Trouble(f"it is not withdrawn: {repaired.output[:900]}")
    see_withdrawn(case, bench, links, original.bench.root)
    for command in (("publish",), ("verify",)):
        outcome = bench.larder(*command)
        if command == ("verify",) and (not outcome.code & 1 or outcome.code > 15):
            raise Trouble(f"nothing tells any more of what was withdrawn: {outcome}")
    see_withdrawn(case, bench, links, original.bench.root)
    settle_lost(case, bench, original, taken)


def see_withdrawn(case: Case, bench: Bench, links: list[Path], root: Path) -> None:
    """Whether nobody is shown or served what was withdrawn, and what lay there is kept with its story."""
    shown = listed(bench.root)
    for link in links:
        if (bench.root / link.relative_to(root)).exists():
            raise Trouble(f"{link.name} can still be had")
        if link.name in shown or any(shown.get(link.name.removesuffix(".metadata"), [])) and case.kind == "sidecar":
            raise Trouble(f"a page still lists {link.name}")
    stories = [json.loads(path.read_bytes()) for path in (bench.root / "quarantine").glob("*.json")]
    if case.damage != "remove" and Path(case.path).name not in {story.get("object") for story in stories}:
        raise Trouble(f"quarantine has no story of it: {stories}")
    problems = [str(each) for each in check.readers(bench.root)[0]]
    if problems:
        raise Trouble(f"withdrawn, and readers see {problems[:3]}")


def settle_lost(case: Case, bench: Bench, original: Original, taken: dict[Path, bytes]) -> None:
    """The upstream has it again: a sync heals."""
    for path, data in taken.items():
        path.write_bytes(data)
        os.utime(path, (upstream.START, upstream.START))
    ended(bench, "sync")
    found = verify(bench)
    if [each for each in found.report["findings"] if each["class"] != "orphan"]:
        raise Trouble(f"healed, and not clean: {found.output[:900]}")
    if check.tree_digest(bench.root) != original.digest:
        raise Trouble("healed, and the tree digest is another one")
    problems = [str(each) for each in check.check(bench.root)]
    if problems:
        raise Trouble(f"healed: {problems[:3]}")
    if (bench.root / case.path).read_bytes() != original.bytes(case.path):
        raise Trouble("healed to other bytes")
