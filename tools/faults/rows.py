"""The rows of Larder's index, decoded from their bytes (docs/design.md, section 9)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from lmdbfile import LMDBDamage, LMDBFile

TABLE_NAMES = ("projects", "objects", "references", "published", "unpublished", "pending", "views", "meta")


class RowDamage(Exception):
    """A row has no right checksum, or other fields than it should have."""


@dataclass
class ProjectRow:
    """What the index knows of a project."""

    name: str
    state: int
    record: str | None
    counts: tuple[int, int, int, int, int, int]


@dataclass
class PublishedRow:
    """The view of a project that the newest publication shows."""

    name: str
    view: str
    content: str
    listed: bool
    serial: int
    files: int


@dataclass
class PackageRow:
    """What the index knows of a name below `packages/` that is no symbolic link."""

    filename: str
    object: str
    size: int
    is_copy: bool


@dataclass
class Index:
    """The tables that the checks need; keys in hexadecimal."""

    objects: dict[str, tuple[int, str]] = field(default_factory=dict)
    verified: dict[str, int] = field(default_factory=dict)
    """When each object was last hashed, in seconds since 1970."""
    projects: dict[str, ProjectRow] = field(default_factory=dict)
    published: dict[str, PublishedRow] = field(default_factory=dict)
    references: set[tuple[str, str]] = field(default_factory=set)
    unpublished: set[str] = field(default_factory=set)
    pending: set[tuple[str, str]] = field(default_factory=set)
    views: set[str] = field(default_factory=set)
    packages: dict[str, PackageRow] = field(default_factory=dict)
    """By the 64 digits of the directory and 32 of the SHA-256 of the filename."""
    links: tuple[str, ...] = ("symlink",)
    """The kinds that names below `packages/` may have, the one that all are to have first."""
    others: dict[str, dict[bytes, bytes]] = field(default_factory=dict)


class Fields:
    """Takes fields from the bytes of a row, which end in a CRC-32 over key and fields."""

    def __init__(self, table: str, key: bytes, row: bytes) -> None:
        self.table, self.key, self.bytes, self.position = table, key, row[:-4], 0
        if len(row) < 4 or zlib.crc32(key + row[:-4]) != struct.unpack(">I", row[-4:])[0]:
            raise RowDamage(f"the row {key.hex()} of {table} does not match its checksum")

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if self.position + count > len(self.bytes):
            raise RowDamage(f"the row {self.key.hex()} of {self.table} ends too early")
        self.position += count
        return self.bytes[self.position - count : self.position]

    def number(self, size: int) -> int:
        """The next integer, its most significant byte first."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        """The next text, after its length."""
        return self.take(self.number(2)).decode()

    def end(self) -> None:
        """Nothing may be left."""
        if self.position != len(self.bytes):
            raise RowDamage(f"the row {self.key.hex()} of {self.table} is too long")


def read_index(path: Path) -> Index:
    """The index of a mirror, every row decoded.

    Raises LMDBDamage, RowDamage or OSError.
    """
    tables = LMDBFile.open(path).tables()
    missing = [name for name in TABLE_NAMES if name not in tables]
    if missing:
        raise LMDBDamage(f"the tables {', '.join(missing)} are missing")
    index = Index()
    for key, row in tables["objects"].items():
        fields = Fields("objects", key, row)
        size = fields.number(8)
        fields.take(8)
        index.verified[key.hex()] = fields.number(8)
        index.objects[key.hex()] = (size, fields.take(16).hex())
    for key, row in tables["projects"].items():
        index.projects[key.hex()] = _project(Fields("projects", key, row))
    for key, row in tables["published"].items():
        fields = Fields("published", key, row)
        name, view, content = fields.text(), fields.take(16).hex(), fields.take(32).hex()
        listed, serial, _ = fields.number(1) == 1, fields.number(8), fields.take(8)
        index.published[key.hex()] = PublishedRow(name, view, content, listed, serial, fields.number(4))
        fields.end()
    for name in ("references", "unpublished", "pending", "views"):
        for key, row in tables[name].items():
            Fields(name, key, row)
    index.references = {(key[:32].hex(), key[32:].hex()) for key in tables["references"]}
    index.unpublished = {key.hex() for key in tables["unpublished"]}
    index.pending = {("ab"[key[0]], key[1:].hex()) for key in tables["pending"]}
    index.views = {key.hex() for key in tables["views"]}
    for key, row in tables.get("packages", {}).items():
        fields = Fields("packages", key, row)
        index.packages[key.hex()] = PackageRow(
            fields.text(), fields.take(32).hex(), fields.number(8), fields.number(1) == 1
        )
        fields.take(16)
        fields.end()
    for key, row in tables["meta"].items():
        if key.rstrip(b"\0") == b"links":
            index.links = tuple(Fields("meta", key, row).text().split())
    for name, rows in tables.items():
        if name not in TABLE_NAMES or name == "meta":
            for key, row in rows.items():
                Fields(name, key, row)
            index.others[name] = rows
    return index


def _project(fields: Fields) -> ProjectRow:
    name, state = fields.text(), fields.number(1)
    fields.take(9)
    if fields.number(1):
        fields.text()
    fields.take(8 + 8 + 1 + 8)
    counts = tuple(fields.number(size) for size in (4, 8, 4, 4, 4, 4))
    record = fields.take(32).hex() if fields.number(1) else None
    if fields.position != len(fields.bytes):
        # Only there while files are withheld, or something failed, which is told behind.
        fields.take(8 + 1 + 4)
    if fields.position != len(fields.bytes):
        fields.text()
    fields.end()
    return ProjectRow(name, state, record, counts)
