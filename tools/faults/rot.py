"""Rot: damage in every class of file is found, named rightly, and repaired to the same bytes or withdrawn."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import check
import pages
import running
import upstream
from convergence import Names
from scenarios import Bench
from tally import Options, Tally, workers

PART = "rot"
SAMPLE_KINDS = 10
"""Classes of files in a sample, beside the index."""
SAMPLE = 1
"""Cases of each of these classes in a sample; as many again whose upstream lacks the file."""
SAMPLE_PAGES = 5
"""Cases of the index in a sample."""
FLIPS = 2
"""Bits that a full run flips in each file, one by one."""
PAGE_FLIPS = 4
"""The same of each page of the index."""
PAGE = 4096

HARMLESS = re.compile(
    r"^it cannot be read: (page \d+ is of another kind \(flags 0x[0-9a-f]+\)|the (first|second) meta page is not one)$"
)
"""What the checker says of flags and numbers in the heads of pages that LMDB does not look at."""

BITS = {
    **dict.fromkeys(("missing", "short", "long", "digest-mismatch", "bad-mode", "record-corrupt"), 1),
    **dict.fromkeys(
        ("orphan", "index-corrupt", "index-dangling", "publication-dangling", "page-mismatch"), 2
    ),
    "io-error": 4,
}
"""What each class of a finding adds to the exit code of `verify`."""

MANY = "faults-many"
"""A project with so many files that its pages have compressed twins."""


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What `verify` has to say of damage."""

    classes: frozenset[str]
    """One finding at least is of these; none of them: the damage need not be found."""
    others: frozenset[str] = frozenset()
    """What may be found besides."""
    codes: frozenset[int] = frozenset()
    """Not empty when no command can work with the mirror: how `verify` ends then."""
    is_optional: bool = False
    """Whether the damage need not be found when all is well without that."""
    must_name: bool = True
    """Whether a finding has to name the file, its project or its object."""


def expect(*classes: str, others: str = "", **more: object) -> Expectation:
    """An expectation, its other classes as words."""
    return Expectation(frozenset(classes), frozenset(others.split()), **more)  # type: ignore[arg-type]


SHOWN = "publication-dangling page-mismatch"
OBJECT = {
    "flip": expect("digest-mismatch", others=SHOWN),
    "zero": expect("digest-mismatch", others=SHOWN),
    "truncate": expect("short", others=f"{SHOWN} digest-mismatch"),
    "extend": expect("long", others=f"{SHOWN} digest-mismatch"),
    "remove": expect("missing", others=SHOWN),
    "mode": expect("bad-mode"),
}
CONTENT = ("flip", "zero", "truncate", "remove")
VIEW = dict.fromkeys(CONTENT, expect("page-mismatch", others="publication-dangling"))
LINK = dict.fromkeys(("remove", "wrong", "dangling"), expect("publication-dangling", others="page-mismatch"))
INSIDE = "index-corrupt index-dangling orphan missing record-corrupt publication-dangling page-mismatch"
INDEX = expect("index-corrupt", "index-dangling", others=INSIDE, is_optional=True, must_name=False)
UNSEEN = Expectation(frozenset(), frozenset(SHOWN.split()), is_optional=True)

EXPECTED: dict[str, dict[str, Expectation]] = {
    "wheel": OBJECT,
    "sdist": OBJECT,
    "sidecar": OBJECT,
    "record": dict.fromkeys(CONTENT, expect("record-corrupt", others="index-dangling")),
    "view-html": VIEW,
    "view-json": VIEW,
    "view-alias": VIEW,
    "view-compressed": VIEW,
    "view-folder": {"remove": expect("publication-dangling", "page-mismatch", others="index-dangling")},
    "list-html": VIEW,
    "list-json": VIEW,
    "list-alias": VIEW,
    "list-compressed": VIEW,
    "generation": VIEW,
    "package-link": LINK,
    "project-link": LINK,
    "slot-link": LINK,
    "web-link": LINK,
    "slot": {"remove": expect("publication-dangling", others=f"{SHOWN} index-dangling io-error", must_name=False)},
    # Nobody sees it, and `verify` looks only at links to views that the next publication would leave as they are.
    "standby-link": {name: dataclasses.replace(each, is_optional=True) for name, each in LINK.items()},
    "standby": {name: UNSEEN for name in ("flip", "zero", "truncate", "remove", "wrong", "dangling")},
    "state": dict.fromkeys(
        CONTENT, Expectation(frozenset({"page-mismatch"}), frozenset({"publication-dangling"}), is_optional=True)
    ),
    # Told anew by the next sync.
    "status": dict.fromkeys(CONTENT, UNSEEN),
    "store": dict.fromkeys(CONTENT, Expectation(frozenset(), codes=frozenset({64, 65, 66, 74}))),
    "index": {
        **dict.fromkeys(("flip", "zero"), INDEX),
        **dict.fromkeys(("truncate", "remove"), dataclasses.replace(INDEX, is_optional=False)),
    },
}
"""What is to be found, by the class of file and the damage."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One damage of one file."""

    kind: str
    damage: str
    path: str
    place: int = 0
    """Of a flip: the number of the bit. Of pages: the first byte. Of a truncation: what is left."""
    length: int = 0
    """Of pages that are zeroed: how many bytes; 0 for all."""
    is_lost: bool = False
    """Whether the upstream does not have the file any more."""

    def __str__(self) -> str:
        lost = "lost-" if self.is_lost else ""
        return f"{lost}{self.damage}@{self.place}+{self.length}:{self.path}"

    @staticmethod
    def parse(kind: str, text: str) -> Case:
        """A case as it is written, such as `flip@81+0:records/ab/demo.json`."""
        match = re.fullmatch(r"(lost-)?([a-z]+)@(\d+)\+(\d+):(.*)", text)
        if match is None:
            raise ValueError(f"no case of rot: {text}")
        return Case(kind, match[2], match[5], int(match[3]), int(match[4]), match[1] is not None)

    def apply(self, root: Path) -> None:
        """Damages the file as a disk does it: in place, whatever its mode, its time as it was."""
        path = root / self.path
        if self.damage == "remove":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        elif self.damage in ("wrong", "dangling"):
            target = os.readlink(path)
            path.unlink()
            os.symlink(other_target(path, target) if self.damage == "wrong" else f"{target}x", path)
        elif self.damage == "mode":
            path.chmod(0o644)
        else:
            self.overwrite(path)

    def overwrite(self, path: Path) -> None:
        """Changes bytes."""
        status = path.stat()
        if self.kind.endswith("-alias"):
            # Only this name, not the page of which it is another one.
            data = path.read_bytes()
            path.unlink()
            path.write_bytes(data)
        path.chmod(0o644)
        with open(path, "r+b") as file:
            data = bytearray(file.read())
            if self.damage == "flip":
                data[self.place // 8] ^= 1 << self.place % 8
            elif self.damage == "zero":
                end = self.place + self.length if self.length else len(data)
                data[self.place : end] = bytes(end - self.place)
            elif self.damage == "truncate":
                del data[self.place :]
            elif self.damage == "extend":
                data += b"rotten"
            file.seek(0)
            file.write(data)
            file.truncate()
        path.chmod(status.st_mode & 0o7777)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def other_target(link: Path, target: str) -> str:
    """Where another link of its kind leads to; to nowhere when there is no other."""
    top = next(parent for parent in link.parents if parent.name in ("packages", "simple", "slots", "mirror"))
    for path in sorted(top.rglob("*")):
        if path.is_symlink() and path.name != link.name and path.exists():
            if path.is_dir() == link.parent.joinpath(target).is_dir():
                found = os.path.relpath(path.resolve(), link.parent.resolve())
                if found != target:
                    return found
    return f"{target}x"


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


# --- cases


def places(root: Path) -> Iterator[tuple[str, str]]:
    """The classes of files and the files of each, the index apart."""
    sidecars, wheels, sdists = set(), set(), set()
    links = sorted(path for path in (root / "packages").rglob("*") if path.is_symlink())
    for link in links:
        of = sidecars if link.suffix == ".metadata" else wheels if link.suffix == ".whl" else sdists
        of.add(str(link.resolve().relative_to(root.resolve())))
    for kind, objects in (("wheel", wheels), ("sdist", sdists), ("sidecar", sidecars)):
        yield from ((kind, path) for path in sorted(objects))

    def below(kind: str, paths: list[Path]) -> Iterator[tuple[str, str]]:
        yield from ((kind, str(path.relative_to(root))) for path in sorted(paths))

    yield from below("record", list((root / "records").rglob("*.json")))
    live = root / os.readlink(root / "web")
    standby = next(path for path in (root / "slots").iterdir() if path.name != live.name)
    projects = sorted(path for path in (live / "simple").iterdir() if path.is_symlink())
    views = [Path(os.path.normpath(path.parent / os.readlink(path))) for path in projects]
    names = {"html": "index.html", "json": "index.v1_json", "alias": "index.v1_html"}
    for kind, name in names.items():
        yield from below(f"view-{kind}", [view / name for view in views])
        yield from below(f"list-{kind}", [live / "simple" / name])
    yield from below("view-compressed", [path for view in views for path in view.glob("*.gz")])
    yield from below("view-folder", views)
    yield from below("list-compressed", list((live / "simple").glob("*.gz")))
    yield from below("generation", [live / "generation.json"])
    yield from below("package-link", links)
    yield from below("project-link", projects)
    yield from below("slot-link", [live / "packages", live / "status.json"])
    yield from below("web-link", [root / "web"])
    yield from below("slot", [live])
    simple = sorted((standby / "simple").iterdir())
    yield from below("standby-link", [path for path in simple if path.is_symlink()])
    yield from below("standby", [standby, *standby.iterdir(), *(path for path in simple if not path.is_symlink())])
    for kind, name in (("state", "state.json"), ("status", "status.json"), ("store", "store.json")):
        yield from below(kind, [root / name])


def cases(root: Path, seed: int) -> list[Case]:
    """Every damage of every file."""
    found = []
    for kind, path in places(root):
        file = root / path
        if file.is_symlink():
            damages = [name for name in EXPECTED[kind] if name in ("remove", "wrong", "dangling")]
        elif file.is_dir():
            damages = [name for name in EXPECTED[kind] if name == "remove"]
        else:
            damages = [name for name in EXPECTED[kind] if name not in ("wrong", "dangling")]
        for damage in damages:
            found += of_file(kind, damage, path, file, seed)
    index = "index/data.mdb"
    size = (root / index).stat().st_size
    found.append(Case("index", "remove", index))
    for start in range(0, size, PAGE):
        chance = random.Random(f"{seed} page {start}")
        # Heads and the places of rows decide more than what rows hold.
        spans = [(0, 16), (16, 200), (200, PAGE), (PAGE - 600, PAGE)][:PAGE_FLIPS]
        found += [Case("index", "flip", index, (start + chance.randrange(*span)) * 8 + chance.randrange(8))
                  for span in spans]
        found.append(Case("index", "zero", index, start, PAGE))
        found += [Case("index", "truncate", index, start), Case("index", "truncate", index, start + PAGE // 2)]
    return found


def of_file(kind: str, damage: str, path: str, file: Path, seed: int) -> list[Case]:
    """The cases of one damage of a file; several of a flipped bit."""
    if damage == "flip":
        chance = random.Random(f"{seed} {path}")
        bits = file.stat().st_size * 8
        return [Case(kind, damage, path, chance.randrange(bits)) for _ in range(FLIPS)] if bits else []
    if damage == "truncate":
        return [Case(kind, damage, path, file.stat().st_size // 2)]
    return [Case(kind, damage, path)]


def lost_cases(root: Path, seed: int) -> list[Case]:
    """Damage of objects whose files the upstream does not have any more."""
    found = []
    for number, (kind, path) in enumerate(places(root)):
        if kind in ("wheel", "sdist", "sidecar"):
            damage = ("flip", "truncate", "remove", "zero")[number % 4]
            case = of_file(kind, damage, path, root / path, seed)[0]
            found.append(dataclasses.replace(case, is_lost=True))
    return found


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


# --- one case


class Trouble(Exception):
    """What is wrong with how a case went."""


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
    elif not expectation.is_optional:
        raise Trouble(f"it is not found: {found}")
    else:
        # What is not found must not matter, neither now nor later.
        if case.kind == "index":
            unseen_in_index(bench, tally)
        ended(bench, "sync")
        if case.kind in ("index", "standby", "standby-link"):
            use_standby(bench, original)
        tally.count(f"{PART}: not found, and without effect, of {case.kind}")
    settle(case, bench, original)


def unseen_in_index(bench: Bench, tally: Tally) -> None:
    """Whether a damaged index that `verify` calls whole says what it should."""
    problems = check.check(bench.root, settled=False, needs_index=True)
    if all(HARMLESS.search(each.detail) for each in problems):
        tally.count(f"{PART}: seen only by the checker, since LMDB has no use for it", bool(problems))
    else:
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


def ended(bench: Bench, *command: str) -> running.Outcome:
    """Runs a command that must succeed now."""
    outcome = bench.larder(*command)
    if outcome.code != 0 or outcome.timed_out:
        raise Trouble(str(outcome))
    return outcome


def settle(case: Case, bench: Bench, original: Original) -> None:
    """Whether all is as it was."""
    found = verify(bench)
    if found.code:
        raise Trouble(f"it is not clean: {found.output[:900]}")
    # What tells of a sync is made by one.
    if case.kind in ("state", "status", "slot", "web-link", "slot-link", "index"):
        ended(bench, "sync")
    problems = check.check(bench.root)
    if case.kind == "index":
        problems = [each for each in problems if not HARMLESS.search(each.detail)]
    if problems:
        raise Trouble(f"settled: {[str(each) for each in problems[:3]]}")
    digest = check.tree_digest(bench.root)
    if digest != original.digest:
        raise Trouble(f"the tree digest is {digest}, and was {original.digest}")
    if case.kind == "standby-link":
        use_standby(bench, original)
        return
    # These tell of times, or of when they were made, or the other slot has taken their place.
    if case.kind not in ("record", "generation", "state", "status", "slot", "index", "web-link", "slot-link") and (
        not case.path.startswith("slots/")
    ):
        if held(bench.root / case.path) != original.bytes(case.path):
            raise Trouble("other bytes took its place")
    again = ended(bench, "sync")
    if again.report.get("treeDigest") != original.digest:
        raise Trouble(f"the next sync ends elsewhere: {again.output[:600]}")


# --- an upstream that does not have the file any more


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
