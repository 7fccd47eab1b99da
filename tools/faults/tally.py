"""What a run of tools/crash-test was asked for, and what it found."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import random
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")


@dataclasses.dataclass(frozen=True)
class Options:
    """What was asked for."""

    binary: Path
    """The larder under test."""
    library: Path
    """The fault library."""
    scratch: Path
    """A folder for everything that is written; removed at the end."""
    jobs: int = 2
    sample: bool = False
    seed: int = 1
    size: int | None = None
    """How many points of each scenario a sample has; what each part thinks best when there is none."""
    scenario: str | None = None
    point: str | None = None
    flags: str = ""
    """What to repeat on the command line that reproduces a failure."""

    def reproduction(self, part: str, scenario: str, point: str) -> str:
        """The command that runs one point again."""
        return f"tools/crash-test --only {part} --scenario {scenario} --point {point}{self.flags}"

    def spread(self, items: Sequence[Item], count: int, salt: str) -> list[Item]:
        """All items, or, of a sample, about `count` of them, evenly spread; where it begins depends on the seed."""
        count = self.size or count
        if not self.sample or len(items) <= count:
            return list(items)
        chance = random.Random(f"{self.seed} {salt}")
        ends = [place * len(items) // count for place in range(count + 1)]
        return [items[chance.randrange(start, end)] for start, end in zip(ends, ends[1:])]


@dataclasses.dataclass(frozen=True)
class Failure:
    """Something that must not be."""

    part: str
    what: str
    reproduction: str


class Tally:
    """Counts and failures, from several threads."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.failures: list[Failure] = []
        self.skipped: list[str] = []
        self._lock = threading.Lock()

    def count(self, what: str, number: int = 1) -> None:
        """Adds to a count."""
        with self._lock:
            self.counts[what] += number

    def fail(self, part: str, what: str, reproduction: str) -> None:
        """Notes a failure, and says it at once."""
        with self._lock:
            self.failures.append(Failure(part, what, reproduction))
            print(f"FAILED {what}\n    {reproduction}", file=sys.stderr, flush=True)

    def skip(self, what: str) -> None:
        """Notes something that could not be run, and says it."""
        with self._lock:
            if what not in self.skipped:
                self.skipped.append(what)
                print(f"skipped: {what}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def workers(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for points; when the work is broken off, those that have not begun never do."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()
