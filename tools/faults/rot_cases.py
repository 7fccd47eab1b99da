"""The cases of rot: what is damaged in which way, and what `verify` has to say of it."""

from __future__ import annotations

import dataclasses
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

FLIPS = 2
"""Bits that a full run flips in each file, one by one."""
PAGE_FLIPS = 4
"""The same of each page of the index."""
PAGE = 4096


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
    "view-document": VIEW,
    "view-page": VIEW,
    "view-folder": {"remove": expect("publication-dangling", "page-mismatch", others="index-dangling")},
    "list-html": VIEW,
    "list-json": VIEW,
    "list-alias": VIEW,
    "list-compressed": VIEW,
    "list-names": VIEW,
    "generation": VIEW,
    # Without the newest one, it cannot be told from one that was cut off.
    "change": {
        **{name: VIEW[name] for name in ("flip", "zero", "truncate")},
        "remove": dataclasses.replace(VIEW["remove"], is_optional=True, must_name=False),
    },
    "package-link": LINK,
    "project-link": LINK,
    "slot-link": LINK,
    "web-link": LINK,
    "slot": {"remove": expect("publication-dangling", others=f"{SHOWN} index-dangling io-error", must_name=False)},
    # Nobody sees it, and `verify` looks only at links to views that the next publication would leave as they are.
    "standby-link": {name: dataclasses.replace(each, is_optional=True) for name, each in LINK.items()},
    "standby": {name: UNSEEN for name in ("flip", "zero", "truncate", "remove", "wrong", "dangling")},
    "state": dict.fromkeys(
        CONTENT, Expectation(frozenset({"page-mismatch"}), frozenset({"publication-dangling"}))
    ),
    # Told anew by the next sync.
    "status": dict.fromkeys(CONTENT, UNSEEN),
    # Made anew at the end of every command, of `verify` too; the front page itself tells another time then.
    "web-asset": dict.fromkeys(CONTENT, UNSEEN),
    "store": dict.fromkeys(CONTENT, Expectation(frozenset(), codes=frozenset({64, 65, 66, 74}))),
    "index": {
        **dict.fromkeys(("flip", "zero", "truncate"), INDEX),
        "remove": dataclasses.replace(INDEX, is_optional=False),
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


SLOT_LINKS = ("packages", "pypi", "status.json", "project", "pages", "index.html")


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
    yield from below("view-document", [path for view in views for path in view.rglob("json")])
    yield from below("view-page", [view / "about.html" for view in views])
    yield from below("view-folder", views)
    yield from below("list-compressed", list((live / "simple").glob("*.gz")))
    yield from below("list-names", list(live.glob("names.js*")))
    yield from below("generation", [live / "generation.json"])
    yield from below("change", list((root / "generations").glob("*.json")))
    yield from below("package-link", links)
    yield from below("project-link", projects)
    yield from below("slot-link", [live / name for name in SLOT_LINKS])
    yield from below("web-link", [root / "web"])
    yield from below("slot", [live])
    simple = sorted((standby / "simple").iterdir())
    yield from below("standby-link", [path for path in simple if path.is_symlink()])
    yield from below("standby", [standby, *standby.iterdir(), *(path for path in simple if not path.is_symlink())])
    yield from below("web-asset", [root / "pages" / name for name in ("style.css", "search.js", "icon.svg")])
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
