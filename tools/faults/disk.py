"""A model of a disk: what is durable, and what a power cut may still take away.

Inodes have durable bytes and a list of writes that nothing has made durable yet; directories have durable entries and
a list of changes of names. The model promises no more than POSIX and Linux's man pages do:

- fsync(2) of a file makes its bytes, size and mode durable, fdatasync(2) its bytes and size, neither of them its name;
  fsync of a directory makes its entries durable; syncfs(2) makes everything durable; a write with `O_DSYNC` is durable
  when it returns.
- What is pending survives or not, each change for itself, in any order between two syncs. Only changes of the same
  entry of a directory keep their order, and a rename changes both directories at once.
- A write that survives may be torn at borders of 512 bytes of the file: a prefix of it, its end without its start, or
  only its length.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Iterable

from disk_changes import Change, Entry, Tear, apply
from disk_state import DIRECTORY, FILE, LINK, Inode, State


class ModelError(Exception):
    """The log tells of something that the model does not know."""


class Disk:
    """The disk under one folder, from a start where everything was durable."""

    TOP = 0

    def __init__(self) -> None:
        self.inodes: dict[int, Inode] = {self.TOP: Inode(DIRECTORY, 0o755)}
        self.durable: dict[Entry, int] = {}
        self.live: dict[Entry, int] = {}
        self.sizes: dict[int, int] = {}
        self.pending: list[Change] = []
        self.by_number: dict[int, int] = {}
        self.next = 1

    # --- the start

    def load(self, folder: Path, only: str) -> None:
        """Takes what has one name in a folder as it is as durable."""
        identities: dict[tuple[int, int], int] = {}

        def visit(path: str, parent: int) -> None:
            for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
                if parent == self.TOP and entry.name != only:
                    continue
                status = entry.stat(follow_symlinks=False)
                identity = (status.st_dev, status.st_ino)
                if identity in identities:
                    inode = identities[identity]
                else:
                    inode = self._new(_inode(entry.path, status))
                    identities[identity] = inode
                    self.by_number[status.st_ino] = inode
                self.durable[(parent, entry.name)] = inode
                self.live[(parent, entry.name)] = inode
                if entry.is_dir(follow_symlinks=False):
                    visit(entry.path, inode)

        visit(os.fspath(folder), self.TOP)

    def copy(self) -> Disk:
        """The same disk, to go on from here; changes themselves are never changed."""
        other = Disk()
        other.inodes = {number: replace(inode) for number, inode in self.inodes.items()}
        other.durable, other.live, other.sizes = dict(self.durable), dict(self.live), dict(self.sizes)
        other.pending, other.by_number, other.next = list(self.pending), dict(self.by_number), self.next
        return other

    def _new(self, inode: Inode) -> int:
        number = self.next
        self.next += 1
        self.inodes[number] = inode
        self.sizes[number] = len(inode.data)
        return number

    # --- paths, as programs see them

    def find(self, path: str) -> int | None:
        """The inode that a path names, its last part not followed; None when there is none."""
        entry = self.entry(path)
        return self.TOP if entry is None else self.live.get(entry)

    def entry(self, path: str) -> Entry | None:
        """The directory and the name of a path; None for the top itself."""
        directory, name = self._walk(path)
        return None if name is None else (directory, name)

    def _walk(self, path: str, depth: int = 0) -> tuple[int, str | None]:
        if depth > 20:
            raise ModelError(f"too many links in {path}")
        parts = [part for part in os.path.normpath(path).split("/") if part not in ("", ".")]
        if not parts:
            return self.TOP, None
        directory, prefix = self.TOP, ""
        for index, part in enumerate(parts[:-1]):
            found = self.live.get((directory, part))
            if found is None:
                raise ModelError(f"{path} has no folder {part}")
            if self.inodes[found].kind == LINK:
                rest = "/".join([prefix, self.inodes[found].target, *parts[index + 1 :]])
                return self._walk(rest.lstrip("/"), depth + 1)
            directory, prefix = found, f"{prefix}/{part}"
        return directory, parts[-1]

    # --- changes

    def create(self, number: int, path: str, kind: str, mode: int = 0o644, target: str = "") -> int:
        """A new inode under a new name; what a link points to is part of it."""
        inode = self._new(Inode(kind, mode, target=target))
        self._rename_entries(number, [(*self._place(path), inode)])
        return inode

    def link(self, number: int, source: str, path: str) -> None:
        """A second name."""
        self._rename_entries(number, [(*self._place(path), self._existing(source))])

    def unlink(self, number: int, path: str) -> None:
        """A name goes."""
        self._existing(path)
        self._rename_entries(number, [(*self._place(path), None)])

    def rename(self, number: int, source: str, path: str) -> None:
        """A name goes and another one comes, at once, replacing what has it."""
        inode = self._existing(source)
        if self.find(path) == inode:
            return
        self._rename_entries(number, [(*self._place(source), None), (*self._place(path), inode)])

    def exchange(self, number: int, source: str, path: str) -> None:
        """Two names change places, at once."""
        entries = [(*self._place(source), self._existing(path)), (*self._place(path), self._existing(source))]
        self._rename_entries(number, entries)

    def write(self, number: int, inode: int, offset: int, data: bytes) -> None:
        """Bytes of a file; a negative offset appends."""
        offset = self.sizes[inode] if offset < 0 else offset
        self.sizes[inode] = max(self.sizes[inode], offset + len(data))
        self.pending.append(Change(number, inode=inode, offset=offset, data=data))

    def truncate(self, number: int, inode: int, size: int) -> None:
        """The length of a file."""
        if self.sizes[inode] != size:
            self.sizes[inode] = size
            self.pending.append(Change(number, inode=inode, size=size))

    def describe(self, number: int, inode: int, mode: int | None = None, time: int | None = None) -> None:
        """The mode or the time of a file; `time` in nanoseconds."""
        self.pending.append(Change(number, inode=inode, mode=mode, time=time))

    def _place(self, path: str) -> Entry:
        entry = self.entry(path)
        if entry is None:
            raise ModelError("the top cannot be changed")
        return entry

    def _existing(self, path: str) -> int:
        inode = self.find(path)
        if inode is None:
            raise ModelError(f"{path} does not exist")
        return inode

    def _rename_entries(self, number: int, entries: list[tuple[int, str, int | None]]) -> None:
        for directory, name, inode in entries:
            if inode is None:
                self.live.pop((directory, name), None)
            else:
                self.live[(directory, name)] = inode
        self.pending.append(Change(number, entries))

    # --- syncs

    def settle(self, numbers: set[int]) -> None:
        """Makes pending changes durable."""
        contents: dict[int, bytearray] = {}
        for change in self.pending:
            if change.number in numbers:
                apply(change, self.durable, self.inodes, contents, None)
        for inode, content in contents.items():
            self.inodes[inode].data = bytes(content)
        self.pending = [change for change in self.pending if change.number not in numbers]

    def synced_by_file(self, inode: int, only_data: bool = False) -> set[int]:
        """What fsync of a file makes durable; fdatasync only its bytes and its size."""
        return {
            change.number
            for change in self.pending
            if change.inode == inode and (change.is_write or change.size is not None or not only_data)
        }

    def synced_by_directory(self, inode: int) -> set[int]:
        """What fsync of a directory makes durable: changes of its entries, and earlier ones that these stand on."""
        needed: set[Entry] = set()
        numbers = {change.number for change in self.pending if change.inode == inode}
        for change in reversed(self.pending):
            entries = {(directory, name) for directory, name, _ in change.entries}
            if any(directory == inode for directory, _ in entries) or entries & needed:
                needed |= entries
                numbers.add(change.number)
        return numbers

    def synced_by_all(self) -> set[int]:
        """What syncfs makes durable."""
        return {change.number for change in self.pending}

    # --- what is left after a power cut

    def state(self, kept: Iterable[int], tears: dict[int, Tear] | None = None) -> State:
        """What is on the disk when of all pending changes only these survive, some of them torn."""
        kept = set(kept)
        entries = dict(self.durable)
        inodes: dict[int, Inode] = {}
        contents: dict[int, bytearray] = {}
        lost: set[Entry] = set()
        for change in self.pending:
            touched = {(directory, name) for directory, name, _ in change.entries}
            if change.number not in kept or touched & lost:
                lost |= touched
                continue
            if change.inode is not None and change.inode not in inodes:
                inodes[change.inode] = replace(self.inodes[change.inode])
            apply(change, entries, inodes, contents, (tears or {}).get(change.number))
        for number, content in contents.items():
            inodes[number].data = bytes(content)
        return self._reachable(entries, inodes)

    def _reachable(self, entries: dict[Entry, int], inodes: dict[int, Inode]) -> State:
        children: dict[int, list[tuple[str, int]]] = {}
        for (directory, name), inode in entries.items():
            children.setdefault(directory, []).append((name, inode))
        state = State({}, {})
        folders = [("", self.TOP)]
        while folders:
            prefix, directory = folders.pop()
            for name, number in children.get(directory, []):
                inode = inodes.get(number) or self.inodes[number]
                state.paths[prefix + name] = inode
                state.identities[prefix + name] = number
                if inode.kind == DIRECTORY:
                    folders.append((f"{prefix}{name}/", number))
        return state


def _inode(path: str, status: os.stat_result) -> Inode:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return Inode(DIRECTORY, mode)
    if stat.S_ISLNK(status.st_mode):
        return Inode(LINK, mode, target=os.readlink(path))
    return Inode(FILE, mode, Path(path).read_bytes(), time=status.st_mtime_ns)
