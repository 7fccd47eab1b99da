"""Which of the changes that were pending at a power cut survive: the choices, by names that reproduce them."""

from __future__ import annotations

import random
from typing import Iterator

from disk import Disk
from disk_changes import Change, Tear
from disk_state import State

SECTOR, PAGE = 512, 4096


def names(disk: Disk, seed: int, limit: int) -> list[str]:
    """The choices at one moment, those that matter most first, no more than `limit`.

    Which of the many choices of single changes and of random ones are taken depends on the seed only.
    """
    pending = disk.pending
    if not pending:
        return ["all"]
    basic = ["none", "all", "names", "data", "lengths"]
    if any(change.mode is not None or change.time is not None for change in pending):
        basic.append("plain")
    singles = [f"{kind}:{change.number}" for change in pending for kind in ("only", "but")]
    singles += [f"first:{change.number}" for change in pending[1:]]
    tears = [name for change in _last_writes(pending) for name in _tears(change)]
    chance = random.Random(f"{seed}/{pending[0].number}/{pending[-1].number}")
    chance.shuffle(singles)
    chance.shuffle(tears)
    randoms = [f"random:{chance.randrange(1 << 32):08x}" for _ in range(max(4, limit // 5))]
    rest = max(0, limit - len(basic) - len(randoms))
    chosen = tears[: max(rest // 3, rest - len(singles))]
    return (basic + randoms + chosen + singles[: rest - len(chosen)])[:limit]


def _last_writes(pending: list[Change]) -> list[Change]:
    """The last write of each file."""
    last = {change.inode: change for change in pending if change.is_write and change.data}
    return list(last.values())


def _tears(change: Change) -> Iterator[str]:
    size = len(change.data or b"")
    # Disks tear at borders of sectors, which are those of the file, not of what was written to it.
    start = change.offset % SECTOR
    counts = {SECTOR - start, PAGE - change.offset % PAGE, size // 2 // SECTOR * SECTOR - start,
              (change.offset + size - 1) // PAGE * PAGE - change.offset}
    for count in sorted(counts):
        if 0 < count < size:
            yield f"prefix:{change.number}:{count}"
            yield f"suffix:{change.number}:{count}"
    # Nothing of it but its length; a write within one sector is whole or not there, but for that.
    yield f"length:{change.number}:0"


def choose(disk: Disk, name: str) -> State:
    """What a choice leaves on the disk.

    - `none`, `all`: none of the pending changes, or all of them.
    - `names`, `data`, `lengths`: only the changes of names; only those of files; names, and of files the lengths.
    - `plain`: all but modes and times.
    - `only:N`, `but:N`: change N alone; all but it. `first:N`: those before N.
    - `prefix:N:BYTES`, `suffix:N:BYTES`, `length:N:0`: all, and of write N only that.
    - `random:SEED`: each one by chance, a fifth of the writes torn.
    """
    kind, _, rest = name.partition(":")
    pending = disk.pending
    every = {change.number for change in pending}
    if kind == "all":
        return disk.state(every)
    if kind == "none":
        return disk.state(())
    if kind == "names":
        return disk.state(change.number for change in pending if change.is_name)
    if kind == "data":
        return disk.state(change.number for change in pending if not change.is_name)
    if kind == "lengths":
        return disk.state(every, {change.number: Tear("length") for change in pending if change.is_write})
    if kind == "plain":
        return disk.state(change.number for change in pending if change.mode is None and change.time is None)
    if kind == "random":
        return _random(disk, rest)
    number, _, count = rest.partition(":")
    if kind == "only":
        return disk.state({int(number)})
    if kind == "but":
        return disk.state(every - {int(number)})
    if kind == "first":
        return disk.state(change for change in every if change < int(number))
    if kind in ("prefix", "suffix", "length"):
        return disk.state(every, {int(number): Tear(kind, int(count))})
    raise ValueError(f"unknown choice {name}")


def _random(disk: Disk, seed: str) -> State:
    chance = random.Random(seed)
    share = chance.choice((0.1, 0.5, 0.9))
    kept, tears = set(), {}
    for change in disk.pending:
        if chance.random() < share:
            kept.add(change.number)
        if change.is_write and change.data and chance.random() < 0.2:
            size = len(change.data)
            count = max(0, chance.randrange(size // SECTOR + 1) * SECTOR - change.offset % SECTOR)
            tears[change.number] = Tear(chance.choice(("prefix", "suffix", "length")), count)
    return disk.state(kept, tears)
