"""Plays a recorded run onto a model of a disk, and tells what a power cut would have left at any moment of it."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import choices
from disk import Disk, ModelError
from disk_changes import Change
from disk_state import DIRECTORY, FILE, LINK, State

SYNCS = ("sync", "sync-all")
# LMDB's table of readers: shared memory, made anew by whoever opens the index first.
VOLATILE = ("index/lock.mdb",)


@dataclass(frozen=True)
class Event:
    """One call that changes files or makes them durable, as it succeeded.

    Paths are relative to the top. `inode` is the number that the real file system gave; `is_durable` marks a write
    through a descriptor with `O_DSYNC` or `O_SYNC`, `is_of_data` an fdatasync(2); `offset` -1 appends.
    """

    number: int
    call: str
    path: str = ""
    other: str = ""
    inode: int | None = None
    offset: int = 0
    data: bytes = b""
    size: int = 0
    mode: int = 0o644
    time: int | None = None
    is_durable: bool = False
    is_of_data: bool = False
    caller: str = ""


class Player:
    """Plays events one after the other."""

    def __init__(self, start: Disk, events: list[Event], root: str, skipped: str | None = None) -> None:
        """Plays onto a disk.

        `root` is the mirror's folder below the top. `skipped` names a class of syncs that do nothing, as `purpose`
        names it.
        """
        self.disk, self.events, self.root, self.skipped = start, events, root, skipped
        self.purposes: dict[int, str] = {}
        self.position = 0

    def play(self, until: int) -> None:
        """Plays the events before a position."""
        while self.position < until:
            self._play(self.events[self.position])
            self.position += 1

    def _play(self, event: Event) -> None:
        disk, number = self.disk, event.number
        match event.call:
            case "create" | "mkdir" | "symlink":
                kind = {"create": FILE, "mkdir": DIRECTORY, "symlink": LINK}[event.call]
                inode = disk.create(number, event.path, kind, event.mode, event.other)
                if event.inode is not None:
                    # The file system gives numbers anew; the last file that got one has it.
                    disk.by_number[event.inode] = inode
            case "link":
                disk.link(number, event.path, event.other)
            case "unlink" | "rmdir":
                disk.unlink(number, event.path)
            case "rename":
                disk.rename(number, event.path, event.other)
            case "exchange":
                disk.exchange(number, event.path, event.other)
            case "write":
                disk.write(number, self._file(event), event.offset, event.data)
                if event.is_durable:
                    self._sync(event, {number})
            case "truncate":
                disk.truncate(number, self._file(event), event.size)
            case "chmod":
                disk.describe(number, self._file(event), mode=event.mode)
            case "utime":
                disk.describe(number, self._file(event), time=event.time)
            case "sync":
                inode = self._file(event)
                is_directory = disk.inodes[inode].kind == DIRECTORY
                by_file = disk.synced_by_file(inode, event.is_of_data)
                self._sync(event, disk.synced_by_directory(inode) if is_directory else by_file)
            case "sync-all":
                self._sync(event, disk.synced_by_all())
            case "mark":
                pass
            case other:
                raise ModelError(f"call {number} is {other}, which the model does not know")

    def _file(self, event: Event) -> int:
        if event.inode is not None and event.inode in self.disk.by_number:
            return self.disk.by_number[event.inode]
        inode = self.disk.find(event.path)
        if inode is None:
            raise ModelError(f"call {event.number} ({event.call}): nobody knows {event.path}")
        return inode

    def _sync(self, event: Event, numbers: set[int]) -> None:
        purpose = self._purpose(event, numbers)
        self.purposes[event.number] = purpose
        if purpose != self.skipped:
            self.disk.settle(numbers)

    def _purpose(self, event: Event, numbers: set[int]) -> str:
        """What a sync is for: the call, what of the mirror it makes durable, and who made it as far as that is known.

        It is named by the parts of the mirror whose names or bytes wait for it.
        """
        waiting = [change for change in self.disk.pending if change.number in numbers]
        by = f" by {event.caller}" if event.caller else ""
        if event.call == "write":
            return f"O_DSYNC write {self._below(event.path)}{by}"
        where = "" if event.call == "sync-all" else f" {self._below(event.path)}"
        parts: set[str] = set()
        if event.call == "sync-all" or any(change.is_name for change in waiting):
            parts = {part for change in waiting for part in self._parts(change)}
        suffix = f" [{' '.join(sorted(parts))}]" if parts else ""
        return f"{'syncfs' if event.call == 'sync-all' else 'fsync'}{where}{suffix}{by}"

    def _below(self, path: str) -> str:
        relative = os.path.relpath(path, self.root)
        if relative == ".":
            return "root"
        # Their names are of this run only.
        return relative.split("/")[0] if relative.startswith(("tmp/", "views/")) else relative

    def _parts(self, change: Change) -> Iterator[str]:
        if change.inode is not None:
            names = [entry for entry, inode in self.disk.live.items() if inode == change.inode]
            if change.is_write and names:
                yield f"bytes:{self._top_of(*names[0])}"
            return
        for directory, name, inode in change.entries:
            part = self._top_of(directory, name)
            if part not in ("tmp", "", "index") and not part.startswith("lock") and not part.endswith(".new"):
                yield part if inode is not None else f"-{part}"

    def _top_of(self, directory: int, name: str) -> str:
        """The part of the mirror in which a directory lies, or the name itself at the root."""
        root = self.disk.find(self.root) if self.root else self.disk.TOP
        if directory == root:
            return name
        parents = {inode: entry for entry, inode in self.disk.live.items() if self.disk.inodes[inode].kind == DIRECTORY}
        while directory in parents:
            above, name = parents[directory]
            if above == root:
                return name
            directory = above
        return ""


@dataclass(frozen=True)
class Cut:
    """A power cut: at which position of the log, and what survived."""

    position: int
    choice: str

    def __str__(self) -> str:
        return f"{self.position}/{self.choice}"

    @classmethod
    def parse(cls, text: str) -> Cut:
        """The cut that `str` wrote."""
        position, _, choice = text.partition("/")
        return cls(int(position), choice)


class Run:
    """A recorded run: the disk before it, and what it did."""

    def __init__(self, start: Disk, events: list[Event], root: str) -> None:
        self.start, self.events, self.root = start, events, root
        # Positions at which commands had ended: from there on what they reported has to be there.
        self.ends: list[int] = []

    def player(self, skipped: str | None = None) -> Player:
        """A player at the start."""
        return Player(self.start.copy(), self.events, self.root, skipped)

    def state(self, cut: Cut, skipped: str | None = None) -> State:
        """What a cut leaves."""
        player = self.player(skipped)
        player.play(cut.position)
        return choices.choose(player.disk, cut.choice)

    def positions(self, seed: int, others: int) -> list[int]:
        """Positions right before and after each sync, the ends of commands, and some others."""
        chosen = {0, len(self.events), *self.ends}
        for index, event in enumerate(self.events):
            if event.call in SYNCS:
                chosen |= {index, index + 1}
            elif event.is_durable:
                chosen |= {index, index + 1}
        rest = [position for position in range(len(self.events)) if position not in chosen]
        chosen |= set(random.Random(seed).sample(rest, min(others, len(rest))))
        return sorted(chosen)

    def cuts(
        self, seed: int, others: int, limit: int, skipped: str | None = None, known: set[str] | None = None
    ) -> tuple[list[Cut], int]:
        """Cuts whose states all differ, and how many there were before equal ones went.

        Equal states count again when more commands had ended. The digests of states that are in `known` already do not
        count; those of new ones are added.
        """
        player = self.player(skipped)
        seen = set() if known is None else known
        found: list[Cut] = []
        count = 0
        for position in self.positions(seed, others):
            player.play(position)
            ended = sum(end <= position for end in self.ends)
            for choice in choices.names(player.disk, seed, limit):
                count += 1
                digest = f"{ended} {choices.choose(player.disk, choice).digest()}"
                if digest not in seen:
                    seen.add(digest)
                    found.append(Cut(position, choice))
        return found, count

    def purposes(self) -> dict[str, list[int]]:
        """The classes of syncs of the run, with the positions of their calls."""
        player = self.player()
        player.play(len(self.events))
        classes: dict[str, list[int]] = {}
        for index, event in enumerate(self.events):
            if event.number in player.purposes:
                classes.setdefault(player.purposes[event.number], []).append(index)
        return classes

    def differences(self, after: Path) -> list[str]:
        """How the model, with everything kept, differs from what the run really left: nothing, when both are right."""
        player = self.player()
        player.play(len(self.events))
        model = player.disk.state(player.disk.synced_by_all())
        real = Disk()
        real.load(after, self.root)
        truth = real.state(())
        problems = []
        for path in sorted(set(model.paths) | set(truth.paths)):
            mine, other = model.paths.get(path), truth.paths.get(path)
            if mine is None or other is None:
                problems.append(f"{path} is {'only on the disk' if mine is None else 'only in the model'}")
            elif (mine.kind, mine.mode if mine.kind != LINK else 0, mine.target) != (
                other.kind, other.mode if other.kind != LINK else 0, other.target
            ):
                problems.append(f"{path} is {mine.kind} {mine.mode:o} {mine.target}, on the disk {other.kind} "
                                f"{other.mode:o} {other.target}")
            elif mine.data != other.data and not path.endswith(VOLATILE):
                problems.append(f"{path} has {len(mine.data)} bytes, on the disk {len(other.data)}")
        return problems
