"""What is on a disk: files, directories and links, and the paths by which they can be reached."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

FILE, DIRECTORY, LINK = "file", "directory", "link"


@dataclass
class Inode:
    """A file, a directory or a symbolic link, as far as it is durable."""

    kind: str
    mode: int = 0o644
    data: bytes = b""
    target: str = ""
    time: int | None = None


@dataclass
class State:
    """What is on the disk after a power cut: every reachable path."""

    paths: dict[str, Inode]
    identities: dict[str, int]

    def digest(self) -> str:
        """The same for states that nobody can tell apart, times left out."""
        sum_ = hashlib.sha256()
        first: dict[int, str] = {}
        for path in sorted(self.paths):
            inode = self.paths[path]
            twin = first.setdefault(self.identities[path], path)
            content = inode.target.encode() if inode.kind == LINK else _sum(inode.data)
            sum_.update(f"{path}\0{inode.kind}\0{inode.mode:o}\0{twin}\0".encode() + content)
        return sum_.hexdigest()

    def write(self, folder: Path) -> None:
        """Makes the state below a folder that exists and is empty."""
        made: dict[int, str] = {}
        times: list[tuple[str, int]] = []
        base = os.fspath(folder)
        for path in sorted(self.paths):
            inode, place = self.paths[path], f"{base}/{path}"
            if inode.kind == DIRECTORY:
                os.mkdir(place)
            elif inode.kind == LINK:
                os.symlink(inode.target, place)
                continue
            elif self.identities[path] in made:
                os.link(made[self.identities[path]], place)
                continue
            else:
                made[self.identities[path]] = place
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                try:
                    os.write(descriptor, inode.data)
                    os.fchmod(descriptor, inode.mode)
                finally:
                    os.close(descriptor)
            if inode.kind == DIRECTORY:
                os.chmod(place, inode.mode)
            if inode.time is not None:
                times.append((place, inode.time))
        for place, time in times:
            os.utime(place, ns=(time, time))


_sums: dict[int, tuple[bytes, bytes]] = {}


def _sum(data: bytes) -> bytes:
    """The SHA-256 of bytes; those of large ones are remembered, since states share them."""
    if len(data) < 16384:
        return hashlib.sha256(data).digest()
    known = _sums.get(id(data))
    if known is None or known[0] is not data:
        if len(_sums) > 2000:
            _sums.clear()
        known = _sums[id(data)] = (data, hashlib.sha256(data).digest())
    return known[1]
