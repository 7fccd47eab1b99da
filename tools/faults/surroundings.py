"""Whether a command changed anything outside of its mirror (I8)."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from look import Violation


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
