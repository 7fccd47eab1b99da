"""Reads the tables of an LMDB data file, version 0.9, without LMDB.

The checks must not die with the library when a file is damaged, nor take its word for it: LMDB 0.9 trusts every page
that it reads. So this reader walks the pages itself, within bounds, and also looks for pages that are used twice or
are free and used at once. The layout is that of `struct MDB_page`, `MDB_node`, `MDB_db` and `MDB_meta` in mdb.c, on a
machine of 64 bits and little-endian order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

MAGIC = 0xBEEFC0DE
VERSION = 1
BRANCH, LEAF, OVERFLOW, META = 0x01, 0x02, 0x04, 0x08
BIG_DATA, SUB_DATA = 0x01, 0x02
HEADER = struct.Struct("<QHHHH")
OVERFLOW_HEADER = struct.Struct("<QHHI")
NODE = struct.Struct("<HHHH")
TABLE = struct.Struct("<IHHQQQQQ")
META_HEAD = struct.Struct("<IIQQ")
HEADER_SIZE = 16
NO_PAGE = (1 << 64) - 1
META_TABLES = HEADER_SIZE + META_HEAD.size


class LMDBDamage(Exception):
    """The file is not what LMDB writes."""


class LMDBFile:
    """One state of a data file: the newest of its two meta pages."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.used: set[int] = {0, 1}
        if len(data) < 8192:
            raise LMDBDamage(f"the file has {len(data)} bytes, fewer than its two meta pages")
        self.page_size = 4096
        first = self._meta(0)
        if first is None:
            raise LMDBDamage("the first meta page is not one")
        self.page_size = struct.unpack_from("<I", data, META_TABLES)[0]
        if self.page_size < 512 or self.page_size & (self.page_size - 1):
            raise LMDBDamage(f"a page size of {self.page_size}")
        metas = [meta for meta in (self._meta(0), self._meta(1)) if meta is not None]
        if len(metas) != 2:
            raise LMDBDamage("the second meta page is not one")
        self.transaction, self.last_page, self._free, self._main = max(metas, key=lambda meta: meta[0])

    @classmethod
    def open(cls, path: Path | str) -> LMDBFile:
        """The file at a path, read at once."""
        return cls(Path(path).read_bytes())

    def tables(self) -> dict[str, dict[bytes, bytes]]:
        """All named tables, and that no page is used by two of them or free."""
        tables = {}
        for name, (value, flags) in self._rows(self._main).items():
            if not flags & SUB_DATA or len(value) != TABLE.size:
                raise LMDBDamage(f"{name!r} is no table")
            rows = self._rows(TABLE.unpack(value))
            tables[name.decode()] = {key: row for key, (row, _) in rows.items()}
        self._check_free_pages()
        return tables

    def _meta(self, number: int) -> tuple | None:
        start = number * self.page_size
        if start + META_TABLES + 2 * TABLE.size + 16 > len(self.data):
            return None
        page, _, flags, _, _ = HEADER.unpack_from(self.data, start)
        magic, version, _, _ = META_HEAD.unpack_from(self.data, start + HEADER_SIZE)
        if not flags & META or magic != MAGIC or version != VERSION or page != number:
            return None
        free = TABLE.unpack_from(self.data, start + META_TABLES)
        main = TABLE.unpack_from(self.data, start + META_TABLES + TABLE.size)
        last, transaction = struct.unpack_from("<QQ", self.data, start + META_TABLES + 2 * TABLE.size)
        return transaction, last, free, main

    def _take(self, page: int, count: int = 1) -> int:
        """Where a page starts; it is used from now on, by nobody else."""
        if page + count - 1 > self.last_page or page < 2:
            raise LMDBDamage(f"page {page} lies outside of the {self.last_page + 1} pages")
        if (page + count) * self.page_size > len(self.data):
            raise LMDBDamage(f"page {page} lies behind the end of the file")
        for used in range(page, page + count):
            if used in self.used:
                raise LMDBDamage(f"page {used} is used twice")
            self.used.add(used)
        return page * self.page_size

    def _rows(self, table: tuple) -> dict[bytes, tuple[bytes, int]]:
        _, _, depth, branches, leaves, overflows, entries, root = table
        rows: dict[bytes, tuple[bytes, int]] = {}
        if root == NO_PAGE:
            if entries:
                raise LMDBDamage(f"a table of {entries} rows has no page")
            return rows
        seen = [0, 0, 0]
        self._walk(root, depth, rows, seen)
        if len(rows) != entries:
            raise LMDBDamage(f"a table says that it has {entries} rows and has {len(rows)}")
        if seen != [branches, leaves, overflows]:
            raise LMDBDamage(f"a table says that it has pages {[branches, leaves, overflows]} and has {seen}")
        return rows

    def _walk(
        self,
        page: int,
        depth: int,
        rows: dict[bytes, tuple[bytes, int]],
        seen: list[int],
        order: Callable[[bytes], object] = bytes,
    ) -> None:
        """Takes the rows below a page; `order` is that of their keys."""
        start = self._take(page)
        data = self.data
        number, _, flags, lower, upper = HEADER.unpack_from(data, start)
        if number != page or depth < 1 or not HEADER_SIZE <= lower <= upper <= self.page_size:
            raise LMDBDamage(f"page {page} has no header of its own")
        wanted = LEAF if depth == 1 else BRANCH
        if flags & (BRANCH | LEAF | OVERFLOW | META) != wanted:
            raise LMDBDamage(f"page {page} is of another kind (flags {flags:#x})")
        seen[0 if wanted == BRANCH else 1] += 1
        last: bytes | None = None
        for index in range((lower - HEADER_SIZE) // 2):
            offset = struct.unpack_from("<H", data, start + HEADER_SIZE + 2 * index)[0]
            if offset < lower or offset + NODE.size > self.page_size:
                raise LMDBDamage(f"a node of page {page} lies outside of it")
            node = start + offset
            low, high, node_flags, key_size = NODE.unpack_from(data, node)
            key_start = node + NODE.size
            if wanted == BRANCH:
                self._walk(low | high << 16 | node_flags << 32, depth - 1, rows, seen, order)
                continue
            key = data[key_start : key_start + key_size]
            size = low | high << 16
            if node_flags & BIG_DATA:
                value = self._overflow(struct.unpack_from("<Q", data, key_start + key_size)[0], size, seen)
            else:
                if offset + NODE.size + key_size + size > self.page_size:
                    raise LMDBDamage(f"a row of page {page} does not end in it")
                value = data[key_start + key_size : key_start + key_size + size]
            if last is not None and order(key) <= order(last):
                raise LMDBDamage(f"the keys of page {page} are in no order")
            last = key
            rows[key] = (value, node_flags)

    def _overflow(self, page: int, size: int, seen: list[int]) -> bytes:
        if not 2 <= page <= self.last_page:
            raise LMDBDamage(f"page {page} lies outside of the {self.last_page + 1} pages")
        number, _, flags, count = OVERFLOW_HEADER.unpack_from(self.data.ljust((page + 1) * self.page_size, b"\0"),
                                                              page * self.page_size)
        if number != page or not flags & OVERFLOW or count * self.page_size < size + HEADER_SIZE:
            raise LMDBDamage(f"page {page} is no overflow page")
        start = self._take(page, count)
        seen[2] += count
        return self.data[start + HEADER_SIZE : start + HEADER_SIZE + size]

    def _check_free_pages(self) -> None:
        free: set[int] = set()
        for value, _ in self._free_lists():
            numbers = struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8])
            if not numbers or numbers[0] > len(numbers) - 1:
                raise LMDBDamage("a list of free pages does not have its length")
            for page in numbers[1 : numbers[0] + 1]:
                if page in free:
                    raise LMDBDamage(f"page {page} is free twice")
                free.add(page)
        both = free & self.used
        if both:
            raise LMDBDamage(f"pages {sorted(both)[:5]} are free and used")

    def _free_lists(self) -> list[tuple[bytes, int]]:
        if self._free[7] == NO_PAGE:
            return []
        rows: dict[bytes, tuple[bytes, int]] = {}
        # The keys are numbers of transactions: integers, not texts.
        self._walk(self._free[7], self._free[2], rows, [0, 0, 0], lambda key: int.from_bytes(key, "little"))
        return list(rows.values())
