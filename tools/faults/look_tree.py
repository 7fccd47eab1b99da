"""What a web server shows of a mirror: pages, links and files, and whether they fit each other."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import stat
import zlib
from collections.abc import Callable
from urllib.parse import unquote

import documents
import pages
from look import Check
from rows import Index

DIGITS = frozenset("0123456789abcdef")


def look_as_reader(check: Check, index: Index | None) -> None:
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
    documents.look_at_view(check, folder)
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
    documents.look_at_documents(check, name, page)
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


def _file(check: Check, folder: str, file: pages.Listed, reached: set[str], index: Index | None) -> None:
    base = os.path.normpath(os.path.join("web/simple/x", pages.path_of(file.url)))
    if not base.startswith("web/packages/") or os.path.basename(base) != file.filename:
        check.note("I3", folder, f"the link of {file.filename} leads to {base}")
        return
    wanted = [(base, file.sha256)]
    if file.sidecar:
        wanted.append((base + ".metadata", file.sidecar))
    if file.provenance:
        place = _provenance(file.filename, file.provenance)
        if place is None:
            check.note("I3", folder, f"the provenance of {file.filename} is said to be at {file.provenance}")
        else:
            wanted.append(place)
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


def _provenance(filename: str, url: str) -> tuple[str, str] | None:
    """Where a document is that lies in the directory of its digest, and the digest; None for any other URL."""
    place = re.fullmatch(r"https://mirror\.example/(packages/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/(.+))", url)
    if place is None or unquote(place[5]) != f"{filename}.provenance":
        return None
    return "web/" + unquote(place[1]), place[2] + place[3] + place[4]


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


def look_at_snapshots(check: Check, settled: bool) -> None:
    """Every snapshot that has its name is whole: its pages are there, and what they list can be had.

    While one loses what is blocked, its list and what it says of itself are replaced one after the other.
    """
    folder = check.path("snapshots")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.startswith("."):
            continue
        tree = f"snapshots/{name}"
        try:
            said = json.loads(check.read(f"{tree}/generation.json") or b"")["projects"]
        except (ValueError, KeyError, TypeError) as error:
            check.note("I4", f"{tree}/generation.json", f"it cannot be read: {error!r}")
            continue
        try:
            listed = pages.json_root(check.read(f"{tree}/simple/index.v1_json") or b"")
        except pages.PageDamage as damage:
            check.note("I4", f"{tree}/simple/index.v1_json", str(damage))
            continue
        for name, parse in (("index.html", pages.html_root), ("index.v1_json", pages.json_root)):
            for suffix in ("", ".gz"):
                _snapshot_list(check, f"{tree}/simple/{name}{suffix}", parse, set(listed) if settled else None)
        if settled and len(listed) != said:
            check.note("I17", tree, f"it says that it has {said} projects, and lists {len(listed)}")
        for project in listed:
            _snapshot_page(check, tree, project)


def _snapshot_list(check: Check, path: str, parse: Callable[[bytes], tuple[str, ...]], listed: set[str] | None) -> None:
    """One form of a snapshot's list can be read, and names the same projects as the others."""
    data = check.read(path)
    if data is None:
        if not path.endswith(".gz"):
            check.note("I4", path, "it is missing")
        return
    try:
        found = set(parse(gzip.decompress(data) if path.endswith(".gz") else data))
    except (pages.PageDamage, OSError, EOFError, zlib.error) as damage:
        check.note("I4", path, f"it cannot be read: {damage!r}")
        return
    if listed is not None and found != listed:
        check.note("I4", path, "it does not list what the JSON root list lists")


def _snapshot_page(check: Check, tree: str, project: str) -> None:
    path = f"{tree}/simple/{project}"
    data = check.read(f"{path}/index.v1_json")
    if data is None:
        check.note("I3", path, "it is listed and has no page")
        return
    try:
        files = pages.json_page(data).files
    except pages.PageDamage as damage:
        check.note("I4", f"{path}/index.v1_json", str(damage))
        return
    for file in files:
        target = check.path(f"{tree}/packages/{file.url.partition('packages/')[2].partition('#')[0]}")
        if not os.path.exists(target):
            check.note("I3", path, f"{file.filename} cannot be had")


def look_at_changes(check: Check) -> None:
    """The newest change leads to what is live, unless its switch was cut off: then that is what it was to replace."""
    try:
        names = sorted(name for name in os.listdir(check.path("generations")) if not name.startswith("."))
        live = json.loads(check.read("web/generation.json") or b"")
    except (OSError, ValueError):
        return
    newest = None
    for name in names:
        data = check.read(f"generations/{name}") or b""
        body, _, seal = data.rpartition(b',"sha256":"')
        if hashlib.sha256(body + b"}").hexdigest().encode() != seal.removesuffix(b'"}\n'):
            check.note("I5", f"generations/{name}", "the change does not match its own digest")
            return
        newest = json.loads(body + b"}")
    ends = [(each["generation"], each["treeDigest"]) for each in (newest, newest["former"])] if newest else []
    if ends and (live["generation"], live["treeDigest"]) not in ends:
        check.note("I5", f"generations/{names[-1]}", "it neither leads to what is live nor was to replace it")


def _generation_number(check: Check, generation: dict) -> None:
    """No number is given twice, so `state.json` is never behind what readers see."""
    try:
        state = json.loads(check.read("state.json") or b"")
        if state["generation"] < generation["generation"]:
            check.note("I17", "state.json", f"it knows {state['generation']}, live is {generation['generation']}")
    except (ValueError, KeyError, TypeError) as error:
        check.note("I17", "state.json", f"it cannot be read: {error!r}")


def _package_links(check: Check, reached: set[str], index: Index | None) -> None:
    """Every name below `packages/` can be asked for, whether a page lists it or not, and is of a kind that may be."""
    for path in check.files_below("packages"):
        if not os.path.islink(check.path(path)):
            _package_file(check, path, index)
            continue
        if index is not None and "symlink" not in index.links:
            check.note("I3", path, f"it is a symbolic link, and names are {' or '.join(index.links)}")
        target = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(check.path(path))))
        name = os.path.basename(target)
        if not _is_object_path(target):
            check.note("I9", path, f"it leads to {target}, which is no place of an object")
            continue
        found = check.digest(path)
        if found is not None and found != name:
            check.note("I9", path, f"it shows bytes with the digest {found}, and its object is {name}")
        if index is None or path in reached or found is not None:
            continue
        if name in index.objects:
            check.note("I3", path, "the index knows its object, and it cannot be had")
        else:
            check.note("I3", f"the link {path}", "the index does not know its object, which cannot be had either")


def _package_file(check: Check, path: str, index: Index | None) -> None:
    """A name that is a file has a row, which is there before it, and the bytes of the object that the row tells."""
    status = os.lstat(check.path(path))
    parts = path.split("/")
    if not stat.S_ISREG(status.st_mode) or len(parts) != 5:
        check.note("I9", path, "it is no link and no file of a package")
        return
    if status.st_mode & 0o7777 != 0o444:
        check.note("I9", path, f"its mode is {status.st_mode & 0o7777:o}")
    if index is None:
        return
    row = index.packages.get("".join(parts[1:4]) + hashlib.sha256(parts[4].encode()).hexdigest()[:32])
    if row is None or row.filename != parts[4]:
        check.note("I3", path, "it is a file, and the index does not tell of which object")
        return
    found = check.digest(path)
    if found != row.object:
        check.note("I9", path, f"it shows bytes with the digest {found}, and its object is {row.object}")
    if row.object not in index.objects:
        check.note("I3", path, f"the index does not know its object {row.object}")
    try:
        its = os.lstat(check.path(f"objects/{row.object[:2]}/{row.object[2:4]}/{row.object}"))
    except FileNotFoundError:
        return
    kind = "hardlink" if (its.st_dev, its.st_ino) == (status.st_dev, status.st_ino) else "copy"
    if kind not in index.links:
        check.note("I3", path, f"it is a {kind}, and names are {' or '.join(index.links)}")
    elif kind == "copy" and index.links == ("copy",) and not row.is_copy:
        check.note("I11", path, "it is a copy, and the index does not say that it is to be checked")


def _is_object_path(path: str) -> bool:
    parts = path.split("/")
    return (
        len(parts) == 4 and parts[0] == "objects" and len(parts[3]) == 64 and set(parts[3]) <= DIGITS
        and parts[1:3] == [parts[3][:2], parts[3][2:4]]
    )
