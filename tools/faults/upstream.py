"""A small simple index on disk that changes in steps: the same bytes at every run, and no network.

    simple/index.v1_json            the root list, with serials
    simple/NAME/index.v1_json       project pages; of one project only index.html, without serial
    packages/ab/cd/<60 hex>/FILE    wheels and sdists, with FILE.metadata beside most wheels, and provenance of some

    other/index.v1_json, …          a second index, with a project of its own and others of the first one's

Version 1 is where it starts. Version 2 adds a file and a project, yanks one file and says of another which Python it
needs, and attests a file once more. Version 3 takes a file and a project away. The second index stays as it is. What faults-alpha requires is another
project in each of its releases.
"""

import base64
import dataclasses
import hashlib
import html
import io
import json
import os
import random
import tarfile
import zipfile
import zlib
from pathlib import Path

START = 1_700_000_000
LARGE = 1_250_000


@dataclasses.dataclass(frozen=True)
class File:
    """A file of a project, as its page lists it."""

    name: str
    version: str
    data: bytes
    metadata: bytes | None = None
    requires_python: str | None = None
    yanked: str | None = None
    attestations: int = 0

    @property
    def provenance(self) -> bytes | None:
        """Its provenance document (PEP 740), signed by nobody; None when nobody attested it."""
        if not self.attestations:
            return None
        statement = {"_type": "https://in-toto.io/Statement/v1", "predicate": None, "predicateType": "none",
                     "subject": [{"name": self.name, "digest": {"sha256": self.digest}}]}
        envelope = {"statement": base64.b64encode(json.dumps(statement).encode()).decode(), "signature": "bm9uZQ=="}
        attestation = {"version": 1, "verification_material": {}, "envelope": envelope}
        bundle = {"publisher": {"kind": "none"}, "attestations": [attestation] * self.attestations}
        return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()

    @property
    def provenance_path(self) -> str:
        """Where the document lies, as a mirror publishes it: its digest and the name of the file."""
        place = hashlib.sha256(self.provenance or b"").hexdigest()
        return f"packages/{place[:2]}/{place[2:4]}/{place[4:]}/{self.name}.provenance"

    @property
    def digest(self) -> str:
        """The SHA-256, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def path(self) -> str:
        """Where it lies below the upstream's folder; of the shape of published URLs."""
        place = hashlib.blake2b(self.name.encode(), digest_size=32).hexdigest()
        return f"packages/{place[:2]}/{place[2:4]}/{place[4:]}/{self.name}"


def noise(seed: str, length: int) -> bytes:
    """Bytes that do not compress, the same for the same seed."""
    return random.Random(seed).randbytes(length)


def wheel(name: str, version: str, sidecar: bool = True, requires: tuple[str, ...] = (), **fields: str | int) -> File:
    """A small wheel that pip would install."""
    module = name.replace("-", "_")
    folder = f"{module}-{version}.dist-info"
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {name} of the faults\n"
    metadata = (text + "".join(f"Requires-Dist: {each}\n" for each in requires)).encode()
    contents = {
        f"{module}/__init__.py": f'VERSION = "{version}"\n'.encode(),
        f"{folder}/METADATA": metadata,
        f"{folder}/WHEEL": b"Wheel-Version: 1.0\nGenerator: faults\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    contents[f"{folder}/RECORD"] = f"{record}{folder}/RECORD,,\n".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 2, 3, 4, 4)), data)
    return File(f"{module}-{version}-py3-none-any.whl", version, buffer.getvalue(), metadata if sidecar else None,
                **fields)


def sdist(name: str, version: str, padding: int = 200, content: str | None = None) -> File:
    """An sdist; two with the same `content` have the same bytes."""
    module = name.replace("-", "_")
    inside = content or f"{module}-{version}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in {
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode() if not content else b"",
            "pyproject.toml": b"[build-system]\nrequires = []\n",
            "noise": noise(inside, padding),
        }.items():
            entry = tarfile.TarInfo(f"{inside}/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    packed = zlib.compressobj(6, zlib.DEFLATED, 31)
    return File(f"{module}-{version}.tar.gz", version, packed.compress(buffer.getvalue()) + packed.flush())


HTML_ONLY = "faults-plain"
"""The project that has only an HTML page."""


def projects(version: int) -> dict[str, list[File]]:
    """The files of each project in a version of the upstream."""
    world = {
        "faults-alpha": [
            # A second attestation makes it another document.
            wheel("faults-alpha", "1.0", attestations=1 if version == 1 else 2),
            wheel("faults-alpha", "1.1", attestations=1, requires=("faults-gamma>=0.1", "faults-large")),
            sdist("faults-alpha", "1.0", content="shared"),
        ],
        # Its sdist has the bytes of another project's: one object, two files.
        "faults-beta": [wheel("faults-beta", "2.0"), sdist("faults-beta", "2.0", content="shared")],
        "faults-gamma": [wheel("faults-gamma", "0.1"), wheel("faults-gamma", "0.2"), sdist("faults-gamma", "0.2")],
        # Large enough to be kept when a download breaks off.
        "faults-large": [wheel("faults-large", "3.0", sidecar=False), sdist("faults-large", "3.0", padding=LARGE)],
        HTML_ONLY: [wheel(HTML_ONLY, "1.0"), sdist(HTML_ONLY, "1.0")],
        "faults-short": [sdist("faults-short", "1.0"), wheel("faults-short", "1.0")],
    }
    if version >= 2:
        newest = wheel("faults-alpha", "1.2", requires=("faults-gamma", "faults-new"), requires_python=">=3.9")
        world["faults-alpha"].append(newest)
        world["faults-gamma"][1] = wheel("faults-gamma", "0.2", yanked="wrong padding")
        world[HTML_ONLY][0] = wheel(HTML_ONLY, "1.0", requires_python=">=3.8")
        world["faults-new"] = [wheel("faults-new", "1.0", requires=("faults-short",)), sdist("faults-new", "1.0")]
    if version >= 3:
        del world["faults-gamma"][0]
        del world["faults-beta"]
    return world


OTHERS = {
    "faults-beta": [wheel("faults-beta", "2.0"), wheel("faults-beta", "2.5")],
    "faults-short": [sdist("faults-short", "1.0")],
    "faults-other": [wheel("faults-other", "1.0"), sdist("faults-other", "1.0")],
}
"""What the second index has. Files of a name that the first one has too are the same there."""


def json_page(name: str, files: list[File], serial: int) -> bytes:
    """A project page as PEP 691 has it."""
    entries = []
    for file in files:
        sidecar = {"sha256": hashlib.sha256(file.metadata).hexdigest()} if file.metadata is not None else False
        entry: dict[str, object] = {
            "filename": file.name,
            "url": f"../../{file.path}",
            "hashes": {"sha256": file.digest},
            "size": len(file.data),
            "upload-time": "2024-01-02T03:04:05.678901Z",
            "core-metadata": sidecar,
            "yanked": file.yanked if file.yanked is not None else False,
        }
        if file.requires_python:
            entry["requires-python"] = file.requires_python
        if file.attestations:
            entry["provenance"] = f"https://upstream.example/{file.provenance_path}"
        entries.append(entry)
    versions = sorted({file.version for file in files})
    page = {"meta": {"api-version": "1.1", "_last-serial": serial}, "name": name, "versions": versions,
            "files": entries}
    return json.dumps(page).encode()


def html_page(files: list[File]) -> bytes:
    """A project page as PEP 503 has it."""
    lines = []
    for file in files:
        attributes = ""
        if file.requires_python:
            attributes += f' data-requires-python="{html.escape(file.requires_python)}"'
        if file.yanked is not None:
            attributes += f' data-yanked="{html.escape(file.yanked)}"'
        if file.metadata is not None:
            attributes += f' data-core-metadata="sha256={hashlib.sha256(file.metadata).hexdigest()}"'
        lines.append(f'<a href="../../{file.path}#sha256={file.digest}"{attributes}>{file.name}</a><br>')
    return ("<!DOCTYPE html><html><body>\n" + "\n".join(lines) + "\n</body></html>\n").encode()


def write(folder: Path, version: int) -> None:
    """Brings the upstream in a folder to a version; files of an older one that are no more are removed."""
    wanted: dict[str, tuple[bytes, int]] = {}
    listed = []
    for name, files in projects(version).items():
        # What did not change keeps its serial, its bytes and its time.
        since = version
        while since > 1 and projects(since - 1).get(name) == files:
            since -= 1
        # Of its own, so that it stays when another project goes.
        serial = 100 * since + zlib.crc32(name.encode()) % 100
        time = START + 1000 * since
        if name == HTML_ONLY:
            wanted[f"simple/{name}/index.html"] = html_page(files), time
            listed.append({"name": name})
        else:
            wanted[f"simple/{name}/index.v1_json"] = json_page(name, files, serial), time
            listed.append({"name": name, "_last-serial": serial})
        for file in files:
            wanted[file.path] = file.data, START
            if file.metadata is not None:
                wanted[file.path + ".metadata"] = file.metadata, START
            if file.provenance is not None:
                wanted[file.provenance_path] = file.provenance, START
    root = {"meta": {"api-version": "1.1", "_last-serial": 100 * version + 50}, "projects": listed}
    wanted["simple/index.v1_json"] = json.dumps(root).encode(), START + 1000 * version
    for name, files in OTHERS.items():
        wanted[f"other/{name}/index.v1_json"] = json_page(name, files, 7), START
        for file in files:
            wanted[file.path] = file.data, START
            if file.metadata is not None:
                wanted[file.path + ".metadata"] = file.metadata, START
            if file.provenance is not None:
                wanted[file.provenance_path] = file.provenance, START
    root = {"meta": {"api-version": "1.1", "_last-serial": 9}, "projects": [{"name": name} for name in OTHERS]}
    wanted["other/index.v1_json"] = json.dumps(root).encode(), START
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if str(path.relative_to(folder)) not in wanted:
            path.unlink()
    for folder_path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder_path.iterdir()):
            folder_path.rmdir()
    for name, (data, time) in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (time, time))


def url(folder: Path, index: str = "simple") -> str:
    """The address of a simple index in a folder; `other` is the second one."""
    return (folder / index).as_uri() + "/"
