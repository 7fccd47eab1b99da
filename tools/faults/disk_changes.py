"""Changes of a disk that nothing has made durable yet, and what a power cut leaves of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from disk_state import Inode

Entry = tuple[int, str]


@dataclass
class Change:
    """One change that is not durable yet."""

    number: int
    entries: list[tuple[int, str, int | None]] = field(default_factory=list)
    inode: int | None = None
    offset: int = 0
    data: bytes | None = None
    size: int | None = None
    mode: int | None = None
    time: int | None = None

    @property
    def is_name(self) -> bool:
        """Whether it changes names and not a file."""
        return self.inode is None

    @property
    def is_write(self) -> bool:
        """Whether it writes bytes."""
        return self.data is not None


@dataclass(frozen=True)
class Tear:
    """What is left of a write: a prefix, the rest after a hole, or nothing but its length."""

    kind: str
    count: int = 0

    def apply(self, file: bytearray, change: Change) -> None:
        """Changes the bytes of a file as far as a write survived."""
        data = change.data or b""
        if self.kind == "prefix":
            overwrite(file, change.offset, data[: self.count])
        elif self.kind == "suffix":
            overwrite(file, change.offset + self.count, data[self.count :])
        else:
            file.extend(bytes(max(0, change.offset + len(data) - len(file))))


def overwrite(file: bytearray, offset: int, data: bytes) -> None:
    """Writes into the bytes of a file; a hole before them is zeros."""
    if data:
        file.extend(bytes(max(0, offset - len(file))))
        file[offset : offset + len(data)] = data


def apply(
    change: Change,
    entries: dict[Entry, int],
    inodes: dict[int, Inode],
    contents: dict[int, bytearray],
    tear: Tear | None,
) -> None:
    """Makes one change; the bytes of files that change go into `contents`."""
    for directory, name, number in change.entries:
        if number is None:
            entries.pop((directory, name), None)
        else:
            entries[(directory, name)] = number
    if change.inode is None:
        return
    inode = inodes[change.inode]
    if change.data is not None or change.size is not None:
        file = contents.setdefault(change.inode, bytearray())
        if not file and inode.data:
            file.extend(inode.data)
            inode.data = b""
        if change.data is not None:
            if tear is None:
                overwrite(file, change.offset, change.data)
            else:
                tear.apply(file, change)
        if change.size is not None:
            file.extend(bytes(max(0, change.size - len(file))))
            del file[change.size :]
    if change.mode is not None:
        inode.mode = change.mode
    if change.time is not None:
        inode.time = change.time
