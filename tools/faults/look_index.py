"""What the index, the records and the objects of a mirror say, and whether they fit each other."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import documents
from lmdbfile import LMDBDamage
from look import Check
from rows import Index, RowDamage, read_index


def look_at_layout(check: Check) -> None:
    try:
        store = json.loads(check.read("store.json") or b"")
        if store["format"] != 1 or not store["id"]:
            raise ValueError("another format")
    except (ValueError, KeyError, TypeError) as error:
        check.note("I5", "store.json", f"it cannot be read: {error!r}")
    for name in ("larder.toml", "status.json"):
        if not check.read(name):
            check.note("I5", name, "it is missing or empty")


def look_for_leftovers(check: Check) -> None:
    """Nothing that a command makes for itself outlives the next one, but for parts of downloads, which go on."""
    for name in ("index.new", "index.ready", "index.old"):
        if os.path.lexists(check.path(name)):
            check.note("I5", name, "it was left")
    if os.path.isdir(check.path("snapshots")):
        for name in sorted(os.listdir(check.path("snapshots"))):
            if name.startswith("."):
                check.note("I5", f"snapshots/{name}", "it was left")
    for path in check.files_below("tmp"):
        if ".partial" not in os.path.basename(path):
            check.note("I5", path, "it was left")


def open_index(check: Check, is_needed: bool) -> Index | None:
    path = check.path("index/data.mdb")
    if not os.path.exists(path) and not is_needed:
        return None
    try:
        return read_index(Path(path))
    except (LMDBDamage, RowDamage, OSError, UnicodeDecodeError, IndexError) as error:
        if is_needed:
            check.note("I1", "index/data.mdb", f"it cannot be read: {error}")
        return None


def look_at_objects(check: Check, index: Index) -> None:
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


def look_at_records(check: Check, index: Index, settled: bool) -> None:
    seen: set[str] = set()
    for path in check.files_below("records"):
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
        _missing_files(check, path, record, index)
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


def _digests(file: dict) -> tuple[str | None, ...]:
    """The objects of a file, its sidecar and its provenance."""
    return (file.get("sha256"), file.get("sidecar"), file.get("provenanceDocument"))


def _present_files(check: Check, path: str, record: dict, key: str, index: Index) -> None:
    for file in record["files"]:
        if file["state"] != "present":
            continue
        for digest in _digests(file):
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


def _missing_files(check: Check, path: str, record: dict, index: Index) -> None:
    """What a record misses is not there with other bytes: a sync believes a row whose file has its size."""
    for file in record["files"]:
        digest = file.get("sha256")
        if file["state"] != "missing" or digest not in index.objects:
            continue
        name = f"objects/{digest[:2]}/{digest[2:4]}/{digest}"
        if check.digest(name) not in (None, digest) and os.stat(check.path(name)).st_size == index.objects[digest][0]:
            check.note("I2", path, f"{file['filename']} is missing, and the next sync would believe its wrong bytes")


def _objects_of_record(check: Check, path: str, record: dict) -> None:
    """Objects have their names before a record that needs them has its own, whatever the index knows."""
    for file in record["files"]:
        for digest in _digests(file) if file["state"] == "present" else ():
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


def look_at_marks(check: Check, index: Index, settled: bool) -> None:
    # A view is durable before the index tells of it, be it as whole or as the one that is published.
    for view in sorted(index.views | {row.view for row in index.published.values()}):
        folder = f"views/{view[:2]}/{view}"
        if view not in documents.names_of_view(check, folder):
            check.note("I4", folder, "the index tells of the view, and it is not whole")
    for key, row in index.published.items():
        for slot in "ab":
            link = check.path(f"slots/{slot}/simple/{row.name}")
            target = os.readlink(link) if os.path.islink(link) else None
            if (slot, key) not in index.pending and target != f"../../../views/{row.view[:2]}/{row.view}":
                detail = f"no mark, and it leads to {target}, not {row.view}"
                check.note("I4", f"slots/{slot}/simple/{row.name}", detail)
    settled = settled and not _is_held(check)
    if settled and index.unpublished:
        names = [index.projects[key].name for key in index.unpublished if key in index.projects]
        check.note("I5", "index", f"projects wait for publication: {', '.join(sorted(names))}")
    if settled and os.path.exists(check.path("web")):
        live = os.path.basename(os.readlink(check.path("web")))
        waiting = [key for slot, key in index.pending if slot == live]
        if waiting:
            check.note("I5", "index", f"{len(waiting)} links of the live slot wait")


def _is_held(check: Check) -> bool:
    """Whether readers are held at an older generation, so that the newest waits."""
    try:
        held = json.loads(check.read("state.json") or b"").get("held")
        return held is not None and held == json.loads(check.read("web/generation.json") or b"")["generation"]
    except (ValueError, KeyError, TypeError):
        return False
