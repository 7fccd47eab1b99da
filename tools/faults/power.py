"""Power cuts: runs are recorded, the states that a cut could leave are made, and each is checked and recovered from.

Of each state: what readers see at once is whole, and is the old or the new tree (I3, I4, I9, I17); what the index knows
is there (I1, I2); damaged bytes are where they were, or in quarantine; what commands reported that had ended is there
(I6); the commands that follow need nobody and end where they would have ended undisturbed (I5); and an index that is
lost then is rebuilt to the same tree (I12).

A failure cannot be repeated by a new recording, since threads take other turns. So the recording is kept, and the point
of a failure, `POSITION/CHOICE@RECORDING`, names it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import check
import recording
import rows
import running
from convergence import (
    WAITING,
    bystanders,
    ended_well,
    left,
    left_only_leftovers,
    place,
    recovery_commands,
    verified,
)
from disk import Disk
from disk_state import State
from lmdbfile import LMDBDamage
from replay import Cut, Run
from scenarios import Bench, Scenario, ScenarioError, missing, named, selected
from surroundings import Surroundings
from symbols import Symbols
from tally import Options, Tally

PART = "power"
SAMPLE_SCENARIOS = 3
"""Scenarios in a sample."""
SAMPLE = 6
"""States of each scenario in a sample."""


@dataclasses.dataclass
class Recording:
    """A recorded run, and what it should end in."""

    name: str
    run: Run
    upstream: Path
    source: State
    """The upstream as it was then."""
    ends: list[tuple[int, str | None]]
    """After each command: the position in the log, and the digest of the tree that readers saw then."""
    reported: dict[str, object]
    """What the commands had reported when all of them had ended."""
    snapshots: list[frozenset[str]]
    """After each command, and before the first: the snapshots that there were."""
    is_settled: bool
    """Whether nothing was left to do then."""
    final: str | None
    """The digest after the commands that follow, undisturbed."""
    flaws: set[str]
    """Where something is wrong before it starts, of scenarios that begin with damage."""
    had_index: bool
    """Whether there was an index before it."""
    evidence: set[str]
    """The digests of bytes that are not what they should be, which are kept whatever happens."""
    began: int
    """When it began, in seconds since 1970."""
    done: frozenset[int]
    """Exit codes that count as done: those of the scenario, and those of the undisturbed run."""

    @property
    def scenario(self) -> Scenario:
        """The scenario that was recorded."""
        return dataclasses.replace(named(self.name), done=self.done)

    def allowed(self, position: int) -> set[str | None]:
        """The trees that readers may see after a cut: that of the last command that had ended, and of the next one."""
        before = [tree for end, tree in self.ends if end <= position]
        after = [tree for end, tree in self.ends if end > position]
        return {before[-1], after[0] if after else before[-1]}

    def kept_snapshots(self, position: int) -> frozenset[str]:
        """The snapshots that have to be there after a cut: those that neither the next command makes nor removes."""
        ended = sum(end <= position for end, _ in self.ends)
        return self.snapshots[ended - 1] & self.snapshots[min(ended, len(self.snapshots) - 1)]


def record(options: Options, scenario: Scenario, folder: Path, tally: Tally | None = None) -> Recording:
    """Makes a run under the recorder, and checks the model of the disk against what the run left.

    A command that ends with another exit code than it should is a failure, and the rest is measured by that code;
    without a tally it is an error.
    """
    bench = Bench(options, folder / "live", folder / "upstream")
    bench.folder.mkdir(parents=True)
    scenario.prepare(bench)
    start = Disk()
    start.load(bench.folder, only=bench.root.name)
    flaws = {place(flaw.subject) for flaw in look(bench.root)}
    evidence, began = damaged_bytes(bench.root), int(time.time())
    had_index = (bench.root / "index" / "data.mdb").exists()
    run = Run(start, [], bench.root.name)
    ends = [(0, check.tree_digest(bench.root))]
    snapshots = [check.snapshots(bench.root)]
    for number, command in enumerate(scenario.commands):
        log = folder / f"log{number}"
        outcome = bench.larder(*command, fault=running.Fault("record", log=log))
        problems = bystanders(outcome)
        if outcome.timed_out or problems or tally is None and not ended_well(outcome, scenario):
            raise ScenarioError(f"{scenario.name}, recorded: {problems or outcome}")
        if tally is not None and not ended_well(outcome, scenario):
            repeated = f"tools/crash-test --only {PART} --scenario {scenario.name}{options.flags}"
            tally.fail(PART, f"{scenario.name}, recorded: {outcome}", repeated)
            scenario = dataclasses.replace(scenario, done=scenario.done | {outcome.code})
        run.events += recording.read_log(log, bench.root, len(run.events), Symbols.of(options.binary))
        run.ends.append(len(run.events))
        ends.append((len(run.events), check.tree_digest(bench.root)))
        snapshots.append(check.snapshots(bench.root))
    differences = run.differences(bench.folder)
    if differences:
        raise ScenarioError(f"{scenario.name}: the model is not the disk: {'; '.join(differences[:5])}")
    reported, waiting = check.reported(bench.root), list(map(str, check.check(bench.root)))
    serious = [each for each in waiting if not each.startswith(WAITING)]
    if serious:
        raise ScenarioError(f"{scenario.name}, recorded: {serious[:3]}")
    problems = follow(bench, scenario)
    if problems:
        raise ScenarioError(f"{scenario.name}, undisturbed: {problems[0]}")
    final = check.tree_digest(bench.root)
    bench.remove()
    source = Disk()
    source.load(bench.upstream.parent, only=bench.upstream.name)
    return Recording(
        scenario.name, run, bench.upstream, source.state(()), ends, reported, snapshots, not waiting, final, flaws, had_index,
        evidence, began, scenario.done,
    )


def look(root: Path, needs_index: bool = False) -> list[check.Violation]:
    """What is wrong with a mirror that may be half made, or interrupted."""
    if not root.exists():
        return []
    if not (root / "store.json").exists():
        return check.readers(root)[0]
    return check.check(root, settled=False, needs_index=needs_index)


def damaged_bytes(root: Path) -> set[str]:
    """The digests of objects that have other names, and of records that do not match their own digests."""
    damaged = {flaw.subject for flaw in look(root) if flaw.subject.startswith("records/")}
    files = [root / name for name in damaged]
    files += [path for path in (root / "objects").rglob("*") if path.is_file()]
    digests = {path: sha256(path) for path in files if path.is_file()}
    return {digest for path, digest in digests.items() if digest != path.name}


def kept_bytes(root: Path) -> set[str]:
    """The digests of all that is an object, a record, or in quarantine."""
    folders = [root / name for name in ("objects", "records", "quarantine")]
    return {sha256(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def believed_damage(root: Path, began: int) -> Iterator[str]:
    """Objects with wrong bytes that the index says were hashed, and right, since a run began (I11)."""
    path = root / "index" / "data.mdb"
    if not path.exists():
        return
    try:
        verified = rows.read_index(path).verified
    except (LMDBDamage, rows.RowDamage, OSError):
        return
    for digest, checked in verified.items():
        file = root / "objects" / digest[:2] / digest[2:4] / digest
        if checked >= began and file.is_file() and sha256(file) != digest:
            yield f"I11: {digest} has wrong bytes, and the index says that it was right at {checked}"


def follow(bench: Bench, scenario: Scenario) -> list[str]:
    """Goes on as a user would, and looks whether all is well then."""
    for command in recovery_commands(scenario, bench):
        outcome = bench.larder(*command)
        if not ended_well(outcome, scenario) and not left_only_leftovers(outcome, scenario):
            return [f"I5: {left(outcome) or outcome}"]
    problems = verified(bench, scenario.remains)
    return problems or [str(flaw) for flaw in check.check(bench.root)]


OWN = frozenset({"output", "errors", "faults-state"})
"""What running.py writes beside a mirror."""


class Examiner:
    """Makes states and checks them, in a folder of its own."""

    def __init__(self, options: Options, recorded: Recording, folder: Path, rebuilds: bool) -> None:
        self.recorded, self.rebuilds = recorded, rebuilds
        self.bench = Bench(options, folder, recorded.upstream)
        self.rebuilt = 0

    def examine(self, cut: Cut, skipped: str | None = None, once: bool = False) -> list[str]:
        """What is wrong after a power cut; nothing when all promises hold.

        `skipped` names syncs that are taken not to have happened. With `once`, only what is seen before recovery.
        """
        bench, recorded = self.bench, self.recorded
        shutil.rmtree(bench.folder, ignore_errors=True)
        bench.folder.mkdir(parents=True)
        recorded.run.state(cut, skipped).write(bench.folder)
        problems = [f"at once: {problem}" for problem in self._at_once(cut)]
        if problems or once:
            return problems
        around = Surroundings(bench.folder, bench.root.name, OWN)
        problems = follow(bench, recorded.scenario)
        problems += self._lost_bytes()
        problems += [str(flaw) for flaw in around.violations()]
        tree = check.tree_digest(bench.root)
        if not problems and tree != recorded.final:
            problems.append(f"I5: the tree is {tree}, undisturbed it is {recorded.final}")
        if problems or not self.rebuilds:
            return [f"recovered: {problem}" for problem in problems]
        return [f"I12: {problem}" for problem in self._rebuilt()]

    def _at_once(self, cut: Cut) -> Iterator[str]:
        recorded, root = self.recorded, self.bench.root
        allowed = recorded.allowed(cut.position)
        # An index that is only being made need not be there before anything is published.
        needs_index = recorded.scenario.keeps_index and (recorded.had_index or (root / "web").is_symlink())
        for flaw in look(root, needs_index):
            if place(flaw.subject) not in recorded.flaws:
                yield str(flaw)
        yield from self._lost_bytes()
        # Where nothing was damaged before, I1 says as much.
        yield from believed_damage(root, recorded.began) if recorded.evidence else ()
        if os.path.lexists(root / "web") or None not in allowed:
            tree = check.tree_digest(root)
            if tree not in allowed:
                yield f"I6: readers see the tree {tree}, which is none of {sorted(map(str, allowed))}"
        for name in sorted(recorded.kept_snapshots(cut.position) - check.snapshots(root)):
            yield f"I6: a command had ended that made the snapshot {name}, and it is not there"
        if cut.position < recorded.ends[-1][0]:
            return
        found = check.reported(root)
        for name in sorted(recorded.reported.keys() | found.keys()):
            if recorded.reported.get(name) != found.get(name):
                yield f"I6: all commands had ended, and {name} is not what it was then"
        if recorded.is_settled:
            yield from (f"I6: {flaw}" for flaw in check.check(root, swept=False))

    def _lost_bytes(self) -> list[str]:
        evidence = self.recorded.evidence
        lost = evidence - kept_bytes(self.bench.root) if evidence else ()
        return [f"the damaged bytes with the digest {digest} are lost" for digest in lost]

    def _rebuilt(self) -> list[str]:
        bench = self.bench
        shutil.rmtree(bench.root / "index")
        outcome = bench.larder("rebuild")
        if outcome.code != 0:
            return [str(outcome)]
        self.rebuilt += 1
        problems = [f"rebuilt: {flaw}" for flaw in check.check(bench.root, settled=False, needs_index=True)]
        problems += [f"rebuilt: {each}" for each in verified(bench, self.recorded.scenario.remains)]
        outcome = bench.larder(self.recorded.scenario.renewal)
        if not ended_well(outcome, self.recorded.scenario):
            return [*problems, str(outcome)]
        problems += [f"rebuilt and synced: {flaw}" for flaw in check.check(bench.root)]
        tree = check.tree_digest(bench.root)
        if tree != self.recorded.final:
            problems.append(f"the tree is {tree}, before it was {self.recorded.final}")
        return problems


Job = tuple[Cut, str | None, bool]
_examiner: Examiner | None = None
ENDINGS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""How a process is told to end."""


def _start(options: Options, recorded: Recording, folder: Path, rebuilds: bool) -> None:
    """Makes the examiner of a process; its folder has no neighbours, so that its surroundings stay as they are."""
    global _examiner
    # The pool ends its processes by SIGTERM, which the program itself takes for a wish to tidy up.
    for number in ENDINGS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
    _examiner = Examiner(options, recorded, folder / f"worker{os.getpid()}" / "states", rebuilds)


def _examine(job: Job) -> tuple[Job, list[str], int]:
    assert _examiner is not None
    before = _examiner.rebuilt
    return job, _examiner.examine(*job), _examiner.rebuilt - before


def examine(
    options: Options, recorded: Recording, jobs: list[Job], rebuilds: bool
) -> Iterator[tuple[Job, list[str], int]]:
    """Examines states on several processors: of each, what is wrong, and how many indexes were rebuilt."""
    folder = Path(tempfile.mkdtemp(prefix="power-", dir=options.scratch))
    # Processes, since making and checking states is work of Python's; forked, since all need the recording.
    # A signal that came before a process has its own idea of it would be lost, and the pool wait for that process forever.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        pool = multiprocessing.get_context("fork").Pool(options.jobs, _start, (options, recorded, folder, rebuilds))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with pool:
        yield from pool.imap_unordered(_examine, jobs)
    shutil.rmtree(folder, ignore_errors=True)


def run(options: Options, tally: Tally) -> None:
    """Replays power cuts of all scenarios, or of a sample."""
    if options.point is not None:
        repeat(options, tally)
        return
    rebuilds = can_rebuild(options, tally)
    for scenario in options.spread(selected(options, tally), SAMPLE_SCENARIOS, f"{PART} scenarios"):
        recorded = record(options, scenario, options.scratch / scenario.name, tally)
        cuts, states = recorded.run.cuts(options.seed, others=24, limit=options.sample and 40 or 80)
        tally.count(f"{PART}: states in {scenario.name}", len(cuts))
        tally.count(f"{PART}: states before equal ones went", states)
        chosen = options.spread(cuts, SAMPLE, f"{PART} {scenario.name}")
        failures = []
        for job, problems, rebuilt in examine(options, recorded, [(cut, None, False) for cut in chosen], rebuilds):
            tally.count("states replayed")
            tally.count(f"{PART}: indexes rebuilt", rebuilt)
            if problems:
                failures.append((job[0], problems))
        if failures:
            kept = keep(recorded)
            for cut, problems in failures:
                what = f"{scenario.name}, power cut at {cut}: {'; '.join(problems[:5])}"
                tally.fail(PART, what, options.reproduction(PART, scenario.name, f"{cut}@{kept}"))
        shutil.rmtree(options.scratch / scenario.name, ignore_errors=True)


def can_rebuild(options: Options, tally: Tally) -> bool:
    """Whether the program can rebuild an index; if not, it is said once."""
    reason = missing(options, named("rebuild"))
    if reason is not None:
        tally.skip(f"{PART}: I12 in each state: {reason}")
    return reason is None


def keep(recorded: Recording) -> Path:
    """Keeps what it takes to repeat a cut; the name of the file."""
    builds = Path(__file__).resolve().parents[2] / ".build"
    folder = Path(tempfile.mkdtemp(prefix="power-", dir=builds if builds.is_dir() else None))
    with open(folder / recorded.name, "wb") as file:
        pickle.dump(recorded, file)
    return folder / recorded.name


def repeat(options: Options, tally: Tally) -> None:
    """Examines one cut of a kept recording again."""
    cut, _, kept = (options.point or "").partition("@")
    with open(kept, "rb") as file:
        recorded: Recording = pickle.load(file)
    # The mirror names its upstream by the place where it was.
    recorded.upstream.parent.mkdir(parents=True)
    recorded.source.write(recorded.upstream.parent)
    examiner = Examiner(options, recorded, options.scratch / "repeat" / "states", can_rebuild(options, tally))
    problems = examiner.examine(Cut.parse(cut))
    shutil.rmtree(recorded.upstream.parent)
    tally.count("states replayed")
    if problems:
        what = f"{recorded.name}, power cut at {cut}: {'; '.join(problems[:5])}"
        tally.fail(PART, what, options.reproduction(PART, recorded.name, options.point or ""))

