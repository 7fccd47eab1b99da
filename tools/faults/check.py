#!/usr/bin/env python3
"""Checks a mirror against the invariants of docs/design.md, without any code of Larder's.

    check.py ROOT [--readers] [--unsettled]

`readers(root)` sees what a web server shows and nothing else: I3, I4, I9 and I17. `check(root)` also sees the index,
the records and the objects: I1, I2, and what later runs will rely on (marks of whole views, links without a mark).
Each returns a list of violations; none of them writes anything. `Surroundings` tells whether anything else has changed
(I8).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import pages
from lmdbfile import LMDBDamage
from rows import Index, RowDamage, read_index

DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Violation:
    """One thing that an invariant forbids."""

    invariant: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject}: {self.detail}"


class Check:
    """One look at one mirror: violations, and digests that were computed once."""

    def __init__(self, root: Path | str) -> None:
        self.root = os.fspath(root)
        self.violations: list[Violation] = []
        self.digests: dict[str, str] = {}
        self.tree: str | None = None

    def note(self, invariant: str, subject: str, detail: str) -> None:
        """Adds a violation."""
        self.violations.append(Violation(invariant, subject, detail))

    def path(self, relative: str) -> str:
        """A path below the root."""
        return os.path.join(self.root, relative)

    def read(self, relative: str) -> bytes | None:
        """The bytes of a file as a web server reads it; None when there is none."""
        try:
            with open(self.path(relative), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            self.note("I3", relative, f"it cannot be read: {error.strerror}")
            return None

    def digest(self, relative: str) -> str | None:
        """The SHA-256 of a file, links followed; None when there is none."""
        real = os.path.realpath(self.path(relative))
        if real not in self.digests:
            data = self.read(relative)
            if data is None:
                return None
            self.digests[real] = hashlib.sha256(data).hexdigest()
        return self.digests[real]


def readers(root: Path | str) -> tuple[list[Violation], str | None]:
    """What readers of the tree see: violations of I3, I4, I9 and I17, and the digest of the tree; None without one."""
    check = Check(root)
    _readers(check, None)
    return check.violations, check.tree


def check(root: Path | str, settled: bool = True, needs_index: bool = False) -> list[Violation]:
    """Everything that is to hold after a command that ended well, or, not `settled`, at any moment.

    A mirror that was interrupted may have records that the index does not know, objects that nothing refers to, and
    projects that wait for publication; a settled one has none of these that matter. Without `needs_index` such a mirror
    may have no index, or one that is only being made.
    """
    look = Check(root)
    _layout(look)
    if settled:
        _leftovers(look)
    has_index = any(os.path.lexists(look.path(name)) for name in ("web", "index/data.mdb"))
    index = _index(look, needs_index or settled and has_index)
    _readers(look, index)
    if index is not None:
        _objects(look, index)
        _records(look, index, settled)
        _marks(look, index, settled)
    return look.violations


def reported(root: Path | str) -> dict[str, object]:
    """What commands report as done, in a form to compare: index, files that tell of the mirror, and live generation.

    Marks of links that wait are left out: they only save the next publication a look.
    """
    look = Check(root)
    found: dict[str, object] = {
        name: look.read(name)
        for name in ("store.json", "larder.toml", "projects.txt", "state.json", "status.json", "web/generation.json")
    }
    index = _index(look, is_needed=False)
    if index is not None:
        found["index: objects"] = sorted(index.objects)
        found["index: projects"] = sorted((row.name, row.state, row.record) for row in index.projects.values())
        found["index: published"] = sorted((row.name, row.view, row.listed) for row in index.published.values())
        found["index: unpublished"] = sorted(index.unpublished)
    return found


def tree_digest(root: Path | str) -> str | None:
    """What `generation.json` of the live tree says."""
    data = Check(root).read("web/generation.json")
    if data is None:
        return None
    try:
        return json.loads(data)["treeDigest"]
    except (ValueError, KeyError, TypeError):
        return None


# --- what readers see


def _readers(check: Check, index: Index | None) -> None:
    web = check.path("web")
    if not os.path.lexists(web):
        _package_links(check, set(), index)
        return
    if not os.path.isdir(web):
        check.note("I3", "web", f"it leads to no folder ({os.readlink(web) if os.path.islink(web) else 'no link'})")
        return
    listed = _root_list(check)
    try:
        entries = {entry.name for entry in os.scandir(check.path("web/simple"))}
    except OSError as error:
        check.note("I4", "web/simple", f"it cannot be listed: {error.strerror}")
        return
    projects = {name for name in entries if not name.startswith((".", "index."))}
    for name in sorted(set(listed) - projects):
        check.note("I3", f"web/simple/{name}", "the root list names it and it has no page")
    contents: dict[str, str | None] = {}
    reached: set[str] = set()
    count = 0
    for name in sorted(projects):
        page = _project(check, name, name in listed, reached, index)
        if page is not None and name in listed:
            contents[name] = page.content_digest()
            count += len(page.files)
    for name in ("web/packages", "web/status.json"):
        if not os.path.exists(check.path(name)):
            check.note("I3", name, "it leads nowhere")
    _generation(check, contents, len(listed), count)
    _package_links(check, reached, index)


def _root_list(check: Check) -> list[str]:
    html = _page(check, "web/simple", "index.html", pages.html_root, optional=False)
    data = _page(check, "web/simple", "index.v1_json", pages.json_root, optional=False)
    if html is None or data is None:
        return []
    if html != data:
        check.note("I4", "web/simple", f"HTML lists {list(html)} and JSON lists {list(data)}")
    if len(set(data)) != len(data) or list(data) != sorted(data):
        check.note("I4", "web/simple", "the root list is not in order")
    return list(data)


def _page(check: Check, folder: str, name: str, parse, optional: bool):
    """A page parsed, its compressed twin and its second name compared with it."""
    path = f"{folder}/{name}"
    data = check.read(path)
    if data is None:
        check.note("I3", path, "the page is missing")
        return None
    names = [(f"{name}.gz", True, optional)]
    if name == "index.html":
        names += [("index.v1_html", False, False), ("index.v1_html.gz", True, optional)]
    for twin, is_compressed, may_be_missing in names:
        other = check.read(f"{folder}/{twin}")
        if other is None:
            if not may_be_missing:
                check.note("I4", f"{folder}/{twin}", "it is missing")
            continue
        try:
            same = (gzip.decompress(other) if is_compressed else other) == data
        except (OSError, EOFError, zlib.error):
            same = False
        if not same:
            check.note("I4", f"{folder}/{twin}", f"it does not hold what {name} holds")
    try:
        return parse(data)
    except pages.PageDamage as damage:
        check.note("I4", path, str(damage))
        return None


def _project(
    check: Check, name: str, is_listed: bool, reached: set[str], index: Index | None
) -> pages.Page | None:
    folder = f"web/simple/{name}"
    if not os.path.isdir(check.path(folder)):
        check.note("I3", folder, "it leads to no view")
        return None
    html = _page(check, folder, "index.html", pages.html_page, optional=True)
    page = _page(check, folder, "index.v1_json", pages.json_page, optional=True)
    if html is None or page is None:
        return None
    _view_name(check, folder)
    if page.name != name:
        check.note("I4", folder, f"its page is that of {page.name}")
    if html.status != page.status:
        check.note("I4", folder, f"HTML says {html.status} and JSON says {page.status}")
    if [file.common for file in html.files] != [file.common for file in page.files]:
        check.note("I4", folder, "HTML and JSON list different files")
    if page.files and not is_listed:
        check.note("I4", folder, "the root list does not name it, and its page lists files")
    for file in page.files:
        _file(check, folder, file, reached, index)
    if index is not None:
        _published_row(check, name, folder, page, index)
    return page


def _published_row(check: Check, name: str, folder: str, page: pages.Page, index: Index) -> None:
    """What the index knows of a page, from which the next generation's digest is made, is what the page says."""
    row = index.published.get(hashlib.sha256(name.encode()).hexdigest()[:32])
    # Of another view it tells what the other slot shows, or will show.
    if row is None or row.view != os.path.basename(os.path.realpath(check.path(folder))):
        return
    told, shown = (row.content, row.serial, row.files), (page.content_digest(), page.serial, len(page.files))
    if told != shown:
        check.note("I17", folder, f"the index says {told} of it, and it says {shown}")


def _view_name(check: Check, folder: str) -> None:
    """A view is named by the digest over its pages, so another state of them cannot have its name."""
    pair = (check.read(f"{folder}/index.html") or b"") + b"\0" + (check.read(f"{folder}/index.v1_json") or b"")
    view = os.path.basename(os.path.realpath(check.path(folder)))
    if hashlib.sha256(pair).hexdigest()[:32] != view:
        check.note("I4", folder, f"its pages are not those of the view {view}")


def _file(check: Check, folder: str, file: pages.Listed, reached: set[str], index: Index | None) -> None:
    base = os.path.normpath(os.path.join("web/simple/x", pages.path_of(file.url)))
    if not base.startswith("web/packages/") or os.path.basename(base) != file.filename:
        check.note("I3", folder, f"the link of {file.filename} leads to {base}")
        return
    wanted = [(base, file.sha256)]
    if file.sidecar:
        wanted.append((base + ".metadata", file.sidecar))
    for path, digest in wanted:
        reached.add(path.removeprefix("web/"))
        found = check.digest(path)
        if found is None:
            check.note("I3", path, f"{folder} lists it and it cannot be had")
        elif found != digest:
            check.note("I4", path, f"{folder} says {digest} and its bytes have {found}")
        elif file.size is not None and path == base and os.stat(check.path(path)).st_size != file.size:
            check.note("I4", path, f"{folder} says that it has {file.size} bytes")
        if index is not None and digest not in index.objects:
            check.note("I3", path, f"the index does not know the object {digest}")


def _generation(check: Check, contents: dict[str, str | None], listed: int, files: int) -> None:
    data = check.read("web/generation.json")
    try:
        generation = json.loads(data or b"")
        claimed = (generation["treeDigest"], generation["projects"], generation["files"])
    except (ValueError, KeyError, TypeError) as error:
        check.note("I4", "web/generation.json", f"it cannot be read: {error!r}")
        return
    check.tree = claimed[0]
    _generation_number(check, generation)
    if claimed[1:] != (listed, files):
        detail = f"it says {claimed[1:]} projects and files; {(listed, files)} are there"
        check.note("I17", "web/generation.json", detail)
    if None in contents.values():
        return
    tree = hashlib.sha256()
    for name in sorted(contents, key=lambda name: hashlib.sha256(name.encode()).digest()[:16]):
        tree.update(name.encode() + b"\0" + bytes.fromhex(contents[name] or ""))
    if tree.hexdigest() != claimed[0]:
        check.note("I17", "web/generation.json", f"it says {claimed[0]}, the pages come to {tree.hexdigest()}")


def _generation_number(check: Check, generation: dict) -> None:
    """No number is given twice, so `state.json` is never behind what readers see."""
    try:
        state = json.loads(check.read("state.json") or b"")
        if state["generation"] < generation["generation"]:
            check.note("I17", "state.json", f"it knows {state['generation']}, live is {generation['generation']}")
    except (ValueError, KeyError, TypeError) as error:
        check.note("I17", "state.json", f"it cannot be read: {error!r}")


def _package_links(check: Check, reached: set[str], index: Index | None) -> None:
    """Every link below `packages/` can be asked for, whether a page lists it or not."""
    for path in _files_below(check, "packages"):
        if not os.path.islink(check.path(path)):
            check.note("I9", path, "it is no link")
            continue
        target = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(check.path(path))))
        name = os.path.basename(target)
        if not _is_object_path(target):
            check.note("I9", path, f"it leads to {target}, which is no place of an object")
            continue
        found = check.digest(path)
        if found is not None and found != name:
            check.note("I9", path, f"it shows bytes with the digest {found}, and its object is {name}")
        if index is not None and path not in reached and found is None and name in index.objects:
            check.note("I3", path, "the index knows its object, and it cannot be had")


def _is_object_path(path: str) -> bool:
    parts = path.split("/")
    return (
        len(parts) == 4 and parts[0] == "objects" and len(parts[3]) == 64 and set(parts[3]) <= DIGITS
        and parts[1:3] == [parts[3][:2], parts[3][2:4]]
    )


def _files_below(check: Check, folder: str) -> list[str]:
    found: list[str] = []
    folders = [folder]
    while folders:
        current = folders.pop()
        try:
            with os.scandir(check.path(current)) as entries:
                for entry in entries:
                    (folders if entry.is_dir(follow_symlinks=False) else found).append(f"{current}/{entry.name}")
        except FileNotFoundError:
            continue
    return sorted(found)


# --- what the index and the records say


def _layout(check: Check) -> None:
    try:
        store = json.loads(check.read("store.json") or b"")
        if store["format"] != 1 or not store["id"]:
            raise ValueError("another format")
    except (ValueError, KeyError, TypeError) as error:
        check.note("I5", "store.json", f"it cannot be read: {error!r}")
    for name in ("larder.toml", "status.json"):
        if not check.read(name):
            check.note("I5", name, "it is missing or empty")


def _leftovers(check: Check) -> None:
    """Nothing that a command makes for itself outlives the next one, but for parts of downloads, which go on."""
    for name in ("index.new", "index.ready", "index.old"):
        if os.path.lexists(check.path(name)):
            check.note("I5", name, "it was left")
    for path in _files_below(check, "tmp"):
        if ".partial" not in os.path.basename(path):
            check.note("I5", path, "it was left")


def _index(check: Check, is_needed: bool) -> Index | None:
    path = check.path("index/data.mdb")
    if not os.path.exists(path) and not is_needed:
        return None
    try:
        return read_index(Path(path))
    except (LMDBDamage, RowDamage, OSError, UnicodeDecodeError, IndexError) as error:
        if is_needed:
            check.note("I1", "index/data.mdb", f"it cannot be read: {error}")
        return None


def _objects(check: Check, index: Index) -> None:
    for digest, (size, _) in index.objects.items():
        path = f"objects/{digest[:2]}/{digest[2:4]}/{digest}"
        problem = _object_problem(check, path, digest, size)
        if problem:
            check.note("I1", path, problem)


def _object_problem(check: Check, path: str, digest: str, size: int) -> str | None:
    try:
        status = os.lstat(check.path(path))
    except (FileNotFoundError, NotADirectoryError):
        return "the index knows it and it is missing"
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_size != size:
        return f"it has {status.st_size} bytes, the index says {size}"
    found = check.digest(path)
    return None if found == digest else f"its bytes have the digest {found}"


def _records(check: Check, index: Index, settled: bool) -> None:
    seen: set[str] = set()
    for path in _files_below(check, "records"):
        record, digest = _record(check, path)
        if record is None:
            continue
        name = record["name"]
        key = hashlib.sha256(name.encode()).hexdigest()
        if path != f"records/{key[:2]}/{name}.json":
            check.note("I2", path, f"it is the record of {name}")
            continue
        row = index.projects.get(key[:32])
        if row is None or row.record != digest:
            # A commit that was cut off: the record is durable, the index does not know it (section 7).
            if settled:
                check.note("I2", path, f"the index knows {row.record if row else 'no record'}, here is {digest}")
            _objects_of_record(check, path, record)
            continue
        seen.add(key[:32])
        _present_files(check, path, record, key[:32], index)
        counts = tuple(
            sum(file["state"] == state for file in record["files"])
            for state in ("present", "missing", "excluded", "removed")
        )
        if counts != (row.counts[0], *row.counts[2:5]):
            check.note("I2", path, f"its files by state are {counts}, and the index says {row.counts}")
    for key, row in index.projects.items():
        # Not settled, a record may be the newer one of a commit that was cut off, but it is there.
        key_of_name = hashlib.sha256(row.name.encode()).hexdigest()
        path = f"records/{key_of_name[:2]}/{row.name}.json"
        if row.record and key not in seen and (settled or not os.path.exists(check.path(path))):
            check.note("I2", path, "the index knows the record, and it is not here")


def _present_files(check: Check, path: str, record: dict, key: str, index: Index) -> None:
    for file in record["files"]:
        if file["state"] != "present":
            continue
        for digest in (file.get("sha256"), file.get("sidecar")):
            if digest is None:
                if not file.get("sha256"):
                    check.note("I2", path, f"{file['filename']} is present and has no digest")
                continue
            row = index.objects.get(digest)
            if row is None:
                check.note("I2", path, f"{file['filename']} is present, and the index does not know {digest}")
            elif row[1] != key and (digest, key) not in index.references:
                check.note("I10", path, f"{file['filename']}: the index has no reference from it to {digest}")
        size = index.objects.get(file.get("sha256") or "", (None,))[0]
        if size is not None and file.get("size") not in (None, size):
            check.note("I2", path, f"{file['filename']} has {file['size']} bytes, and its object {size}")


def _objects_of_record(check: Check, path: str, record: dict) -> None:
    """Objects have their names before a record that needs them has its own, whatever the index knows."""
    for file in record["files"]:
        for digest in (file.get("sha256"), file.get("sidecar")) if file["state"] == "present" else ():
            found = check.digest(f"objects/{digest[:2]}/{digest[2:4]}/{digest}") if digest else None
            if digest and found != digest:
                check.note("I2", path, f"{file['filename']} is present, and {digest} is {found or 'missing'}")


def _record(check: Check, path: str) -> tuple[dict | None, str]:
    data = check.read(path)
    head, middle, tail = b'{"record":', b',"sha256":"', b'"}\n'
    if not path.endswith(".json") or data is None:
        check.note("I2", path, "it is no record")
        return None, ""
    body = data[len(head) : -len(middle) - 64 - len(tail)]
    claimed = data[-64 - len(tail) : -len(tail)].decode("latin-1")
    whole = head + body + middle + claimed.encode("latin-1") + tail
    if whole != data or hashlib.sha256(body).hexdigest() != claimed:
        check.note("I2", path, "the record does not match its own digest")
        return None, ""
    return json.loads(body), claimed


def _marks(check: Check, index: Index, settled: bool) -> None:
    # A view is durable before the index tells of it, be it as whole or as the one that is published.
    for view in sorted(index.views | {row.view for row in index.published.values()}):
        folder = f"views/{view[:2]}/{view}"
        pair = check.read(f"{folder}/index.html"), check.read(f"{folder}/index.v1_json")
        if None in pair or hashlib.sha256(b"\0".join(part or b"" for part in pair)).hexdigest()[:32] != view:
            check.note("I4", folder, "the index tells of the view, and it is not whole")
    for key, row in index.published.items():
        for slot in "ab":
            link = check.path(f"slots/{slot}/simple/{row.name}")
            target = os.readlink(link) if os.path.islink(link) else None
            if (slot, key) not in index.pending and target != f"../../../views/{row.view[:2]}/{row.view}":
                detail = f"no mark, and it leads to {target}, not {row.view}"
                check.note("I4", f"slots/{slot}/simple/{row.name}", detail)
    if settled and index.unpublished:
        names = [index.projects[key].name for key in index.unpublished if key in index.projects]
        check.note("I5", "index", f"projects wait for publication: {', '.join(sorted(names))}")
    if settled and os.path.exists(check.path("web")):
        live = os.path.basename(os.readlink(check.path("web")))
        waiting = [key for slot, key in index.pending if slot == live]
        if waiting:
            check.note("I5", "index", f"{len(waiting)} links of the live slot wait")


# --- I8


class Surroundings:
    """Everything below a folder but one folder in it and some files, as it is now."""

    def __init__(self, folder: Path | str, but: str, files: frozenset[str] = frozenset()) -> None:
        self.folder, self.but, self.files = os.fspath(folder), but, files
        self.before = self._look()

    def violations(self) -> list[Violation]:
        """What has changed since."""
        after = self._look()
        names = sorted(set(self.before) | set(after))
        return [Violation("I8", name, "it has changed") for name in names if self.before.get(name) != after.get(name)]

    def _look(self) -> dict[str, tuple]:
        found: dict[str, tuple] = {}
        for folder, folders, files in os.walk(self.folder):
            if folder == self.folder and self.but in folders:
                folders.remove(self.but)
            for name in folders + [name for name in files if folder != self.folder or name not in self.files]:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                content: object = None
                if stat.S_ISREG(status.st_mode):
                    content = hashlib.sha256(Path(path).read_bytes()).digest()
                elif stat.S_ISLNK(status.st_mode):
                    content = os.readlink(path)
                found[os.path.relpath(path, self.folder)] = (status.st_mode, content)
        return found


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
