"""One look at one mirror: what is wrong with it, and what was read for that."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


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

    def files_below(self, folder: str) -> list[str]:
        """The paths of everything below a folder that is no folder, sorted."""
        found: list[str] = []
        folders = [folder]
        while folders:
            current = folders.pop()
            try:
                with os.scandir(self.path(current)) as entries:
                    for entry in entries:
                        (folders if entry.is_dir(follow_symlinks=False) else found).append(f"{current}/{entry.name}")
            except FileNotFoundError:
                continue
        return sorted(found)
