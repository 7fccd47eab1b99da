"""Rot: damage in every class of file is found, named rightly, and repaired to the same bytes or withdrawn."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path

import check
import upstream
from convergence import Names
from rot_cases import EXPECTED, Case, cases, lost_cases
from rot_lost import follow_lost
from rot_steps import Original, Trouble, ended, held, judge, verify
from scenarios import Bench
from tally import Options, Tally, workers

PART = "rot"
SAMPLE_KINDS = 10
"""Classes of files in a sample, beside the index."""
SAMPLE = 1
"""Cases of each of these classes in a sample; as many again whose upstream lacks the file."""
SAMPLE_PAGES = 5
"""Cases of the index in a sample."""

MANY = "faults-many"
"""A project with so many files that its pages have compressed twins."""


def prepare(bench: Bench) -> None:
    """A mirror that was synced twice, with both slots, and its upstream."""
    bench.folder.mkdir(parents=True, exist_ok=True)
    for version in (1, 2):
        upstream.write(bench.upstream, version)
        add_many(bench.upstream)
        if version == 1:
            bench.expect("init")
        bench.expect("sync")


def add_many(folder: Path) -> None:
    """Adds the project with many files."""
    files = [upstream.wheel(MANY, f"{number}.0") for number in range(8)]
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.with_name(f"{path.name}.metadata").write_bytes(file.metadata or b"")
    page = folder / "simple" / MANY / "index.v1_json"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(upstream.json_page(MANY, files, 42))
    os.utime(page, (upstream.START, upstream.START))
    listing = folder / "simple" / "index.v1_json"
    time = listing.stat().st_mtime
    root = json.loads(listing.read_bytes())
    root["projects"].append({"name": MANY, "_last-serial": 42})
    listing.write_bytes(json.dumps(root).encode())
    os.utime(listing, (time, time))


def run(options: Options, tally: Tally) -> None:
    """Runs the cases that were asked for."""
    if options.scenario is not None and options.scenario not in EXPECTED:
        return
    template = Bench(options, options.scratch / "template", options.scratch / "upstream")
    prepare(template)
    original = Original(template)
    chosen: list[Case] = []
    if options.point is not None:
        chosen = [Case.parse(options.scenario or "index", options.point)]
    else:
        everything = cases(template.root, options.seed) + lost_cases(template.root, options.seed)
        kinds = options.spread([kind for kind in EXPECTED if kind != "index"], SAMPLE_KINDS, "rot kinds") + ["index"]
        for kind in kinds if options.scenario is None else [options.scenario]:
            for is_lost in (False, True):
                found = [case for case in everything if case.kind == kind and case.is_lost == is_lost]
                chosen += options.spread(found, SAMPLE_PAGES if kind == "index" else SAMPLE, f"rot {kind} {is_lost}")
    names = Names("rot-")
    with workers(options.jobs) as pool:
        for future in [pool.submit(examine, case, original, names, tally) for case in chosen]:
            future.result()


def examine(case: Case, original: Original, names: Names, tally: Tally) -> None:
    """Damages a copy, and follows it until all is well."""
    options = original.bench.options
    folder = options.scratch / names.take()
    if case.is_lost:
        # An upstream of its own, since it is to lose a file.
        bench = Bench(options, folder, folder / "upstream")
        prepare(bench)
    else:
        bench = original.bench.copy(folder)
    try:
        if not os.path.lexists(bench.root / case.path):
            raise Trouble("the mirror has no such file this time")
        case.apply(bench.root)
        tally.count(f"{PART}: cases of {case.kind}" + (", lost upstream" if case.is_lost else ""))
        tally.count("cases of rot")
        follow_lost(case, bench, original) if case.is_lost else follow(case, bench, original, tally)
    except Trouble as trouble:
        what = f"{case.kind}, {case}: {trouble}"
        tally.fail(PART, what, options.reproduction(PART, case.kind, f"'{case}'"))
    finally:
        bench.remove()


def follow(case: Case, bench: Bench, original: Original, tally: Tally) -> None:
    """Finds damage and mends it."""
    expectation = EXPECTED[case.kind][case.damage]
    found = verify(bench, expectation)
    if expectation.codes:
        # A digit of the id may have become another one.
        if found.code not in expectation.codes | ({0} if case.damage == "flip" else set()):
            raise Trouble(f"it should be refused: {found}")
        return
    findings = found.report.get("findings", [])
    if findings:
        judge(case, findings, expectation, bench.root)
        mend(bench, findings)
    elif reads_alike(case, bench, original):
        tally.count(f"{PART}: not found, and read the same, of {case.kind}")
        return
    elif not expectation.is_optional:
        raise Trouble(f"it is not found: {found}")
    else:
        # What is not found must not matter, neither now nor later.
        if case.kind == "index":
            unseen_in_index(bench)
        ended(bench, "sync")
        if case.kind in ("index", "standby", "standby-link"):
            use_standby(bench, original)
        tally.count(f"{PART}: not found, and without effect, of {case.kind}")
    settle(case, bench, original)


def reads_alike(case: Case, bench: Bench, original: Original) -> bool:
    """Whether a damaged page still gives the same bytes to readers: gzip's head has a time that nobody looks at."""
    if not case.path.endswith(".gz"):
        return False
    try:
        return gzip.decompress((bench.root / case.path).read_bytes()) == gzip.decompress(original.bytes(case.path))
    except (OSError, EOFError, zlib.error):
        return False


def unseen_in_index(bench: Bench) -> None:
    """Whether a damaged index that `verify` calls whole says what it should."""
    problems = check.check(bench.root, settled=False, needs_index=True)
    if problems:
        raise Trouble(f"it is not found, and matters: {[str(each) for each in problems[:3]]}")


def use_standby(bench: Bench, original: Original) -> None:
    """Makes two more generations, the first one in the slot that was standby."""
    link = bench.root / "web"
    before = os.readlink(link)
    name = next(path.name for path in (bench.root / "records").rglob("*.json")).removesuffix(".json")
    # Made by leaving one project out, so that the upstream stays as it is.
    settings = bench.root / "larder.toml"
    text = settings.read_text()
    rest = sorted(path.stem for path in (bench.root / "records").rglob("*.json") if path.stem != name)
    settings.write_text(text.replace('projects = ["*"]', f"projects = {json.dumps(rest)}"))
    ended(bench, "sync")
    if os.readlink(link) == before:
        raise Trouble("another selection made no generation")
    problems = [str(each) for each in check.readers(bench.root)[0]]
    if problems:
        raise Trouble(f"not found, and the next publication shows it: {problems[:3]}")
    settings.write_text(text)
    ended(bench, "sync")
    problems = [str(each) for each in check.readers(bench.root)[0]]
    if problems:
        raise Trouble(f"not found, and the publication after the next shows it: {problems[:3]}")


def mend(bench: Bench, findings: list[dict]) -> None:
    """Does what a user does who reads the findings."""
    repaired = verify(bench, None, "--repair")
    left = [each for each in repaired.report.get("findings", []) if each.get("outcome") != "repaired"]
    if any("rebuild" in json.dumps(each) for each in left + findings):
        outcome = bench.larder("rebuild")
        if outcome.code not in (0, 3) or outcome.timed_out:
            raise Trouble(f"rebuild: {outcome}")
        ended(bench, "sync")
        left = []
        if verify(bench).code:
            verify(bench, None, "--repair")
    if left:
        raise Trouble(f"left by the repair: {left[:3]}")


def settle(case: Case, bench: Bench, original: Original) -> None:
    """Whether all is as it was."""
    found = verify(bench)
    if found.code:
        raise Trouble(f"it is not clean: {found.output[:900]}")
    # What tells of a sync is made by one.
    if case.kind in ("state", "status", "slot", "web-link", "slot-link", "index"):
        ended(bench, "sync")
    problems = check.check(bench.root)
    if problems:
        raise Trouble(f"settled: {[str(each) for each in problems[:3]]}")
    digest = check.tree_digest(bench.root)
    if digest != original.digest:
        raise Trouble(f"the tree digest is {digest}, and was {original.digest}")
    if case.kind == "standby-link":
        use_standby(bench, original)
        return
    # These tell of times, or of when they were made, or the other slot has taken their place.
    if case.kind not in ("record", "change", "generation", "state", "status", "slot", "index", "web-link", "slot-link") and (
        not case.path.startswith("slots/")
    ):
        if held(bench.root / case.path) != original.bytes(case.path):
            raise Trouble("other bytes took its place")
    again = ended(bench, "sync")
    if again.report.get("treeDigest") != original.digest:
        raise Trouble(f"the next sync ends elsewhere: {again.output[:600]}")
