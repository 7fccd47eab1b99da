"""Builds larder with changed sources, in a copy of the tree that stays in `.build` so that a build costs little."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from mutant_sources import Edit
from tally import Tally

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = ("Package.swift", "Package.resolved", "Sources", "layouts", "Tests")


class BuildError(Exception):
    """A mutant does not fit the sources, or does not build."""


class Builds:
    """A copy of the tree, and a build of it."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.products = folder / "tree", folder / "build"

    @classmethod
    def make(cls, tally: Tally) -> Builds | None:
        """The copy, brought up to date; None where there is no toolchain."""
        if shutil.which("swift") is None:
            tally.skip("mutants of the sources: there is no Swift toolchain here")
            return None
        builds = cls(PROJECT / ".build" / "mutants")
        builds._update()
        return builds

    def __enter__(self) -> Builds:
        return self

    def __exit__(self, *_: object) -> None:
        self._update()

    def _update(self) -> None:
        """Makes the copy equal to the tree; files that are equal keep their times, so they are not built anew."""
        self.products.mkdir(parents=True, exist_ok=True)
        self.tree.mkdir(exist_ok=True)
        wanted = set()
        for top in SOURCES:
            for path in [PROJECT / top, *sorted((PROJECT / top).rglob("*"))]:
                if path.is_file():
                    wanted.add(path.relative_to(PROJECT))
        for relative in wanted:
            source, copy = PROJECT / relative, self.tree / relative
            if not copy.is_file() or copy.read_bytes() != source.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)
        for copy in sorted(self.tree.rglob("*")):
            if copy.is_file() and copy.relative_to(self.tree) not in wanted:
                copy.unlink()
        # What was fetched for the tree itself need not be fetched again.
        for name in ("checkouts", "repositories", "workspace-state.json"):
            source, copy = PROJECT / ".build" / name, self.products / name
            if source.is_dir() and not copy.exists():
                shutil.copytree(source, copy, symlinks=True)
            elif source.is_file() and not copy.exists():
                shutil.copyfile(source, copy)

    def build(self, changes: tuple[Edit, ...], output: Path) -> Path:
        """Builds the sources with changes; the copy of the tree is as it was before, afterwards."""
        originals: dict[Path, bytes] = {}
        try:
            for name in sorted({edit.file for edit in changes}):
                path = self.tree / name
                originals[path] = path.read_bytes()
                edits = [edit for edit in changes if edit.file == name]
                path.write_text(edited(originals[path].decode(), edits))
            command = ["swift", "build", "--package-path", self.tree, "--scratch-path", self.products]
            command += ["--product", "larder", "--disable-automatic-resolution"]
            result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.tree)
            if result.returncode != 0:
                errors = [line for line in result.stdout.splitlines() if " error: " in line]
                raise BuildError(f"it does not build: {'; '.join(errors[:3]) or result.stdout[-500:] + result.stderr}")
            output.mkdir(parents=True, exist_ok=True)
            binary = output / "larder"
            binary.unlink(missing_ok=True)
            shutil.copyfile(self.products / "debug" / "larder", binary)
            binary.chmod(0o755)
            return binary
        finally:
            for path, data in originals.items():
                # A newer time than that of the build, so that the next one sees the change back.
                path.write_bytes(data)
                os.utime(path)


def edited(text: str, edits: list[Edit]) -> str:
    """A text after several edits, each of which must stand once in the text as it was."""
    places = []
    for edit in edits:
        if text.count(edit.old) != 1:
            raise BuildError(f"{edit.file} does not hold once: {edit.old.strip()!r}")
        places.append((text.index(edit.old), edit))
    # From the end, so that the places before stay where they are.
    for place, edit in sorted(places, key=lambda each: each[0], reverse=True):
        text = text[:place] + edit.new + text[place + len(edit.old) :]
    return text
