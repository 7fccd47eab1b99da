"""Injected errors: each call that changes the mirror fails in each way it can, once and for good."""

from __future__ import annotations

import dataclasses
import random
import re
import shutil

import check
import running
from convergence import Names, Stage, bystanders, prepare, recover, seen_by_readers, seen_inside
from scenarios import Bench, ScenarioError, selected
from tally import Options, Tally, workers

PART = "errors"
SAMPLE_SCENARIOS = 4
"""Scenarios in a sample."""
SAMPLE = 6
"""Points of each scenario in a sample."""
SAMPLE_KINDS = 4
"""Kinds of errors of each scenario in a sample; between them the scenarios have all."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """One way in which calls fail."""

    name: str
    always: bool
    error: str = ""
    short: bool = False
    reads: bool = False

    @property
    def label(self) -> str:
        """How points name it."""
        return f"{self.name}:{'always' if self.always else 'once'}"

    def fault(self, at: int) -> running.Fault:
        """The fault at one call; 0 to count the calls that it concerns."""
        mode = "error" if at else "count"
        return running.Fault(mode, at, error=self.error, short=self.short, always=self.always, reads=self.reads)

    @property
    def is_of_disk(self) -> bool:
        """Whether a sync that fails so says that bytes may be lost."""
        return self.error in ("EIO", "ENOSPC", "EDQUOT", "EROFS")

    @property
    def must_succeed(self) -> bool:
        """Whether it is no reason to fail: POSIX lets a call be interrupted, and write less than it was given."""
        return (self.name == "EINTR" or self.short) and not self.always


SYNCS = ("fsync ", "fdatasync ", "syncfs ", "msync ")
INDEX = re.compile(r" /index(\.new)?/")
REMOVALS = ("unlink /tmp/", "rmdir /tmp/")
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EROFS", "EACCES")
KINDS = (
    *(Kind(name, always, name) for name in ERRORS for always in (False, True)),
    *(Kind("EIO+reads", always, "EIO", reads=True) for always in (False, True)),
    # A call that is interrupted for ever is tried for ever, rightly.
    Kind("EINTR", False, "EINTR"),
    *(Kind("SHORT", always, short=True) for always in (False, True)),
)
"""All kinds that are tried."""
MOST = 600
"""Calls of one scenario that fail in one way; only opens and reads of the walks over all folders are more."""
SIBLINGS = {"EDQUOT": 5, "ENFILE": 5, "EACCES": 5}
"""Errors that take the ways of another one (ENOSPC, EMFILE, EROFS): only each so manieth call fails so."""


def run(options: Options, tally: Tally) -> None:
    """Runs the points that were asked for."""
    with workers(options.jobs) as pool:
        scenarios = options.spread(selected(options, tally), SAMPLE_SCENARIOS, f"{PART} scenarios")
        stages = list(pool.map(lambda scenario: prepare(options, scenario, PART, tally), scenarios))
        names = Names("error-")
        work: list[tuple[Stage, Kind, int]] = []
        for stage in stages:
            if options.point is not None:
                label, _, number = options.point.rpartition(":")
                kinds = [kind for kind in KINDS if kind.label == label]
                if not kinds:
                    raise ScenarioError(f"there is no error {label}; there are {[kind.label for kind in KINDS]}")
                work += [(stage, kind, int(number)) for kind in kinds]
                continue
            kinds = chosen_kinds(options, stages.index(stage))
            counts = pool.map(lambda kind, stage=stage: concerned(stage, kind, names), kinds)
            points = [
                (stage, kind, at)
                for kind, count in zip(kinds, counts)
                for at in struck(range(1, count + 1, SIBLINGS.get(kind.error, 1)), f"{options.seed} {kind.label}")
            ]
            work += options.spread(points, SAMPLE, f"errors {stage.scenario.name}")
        for future in [pool.submit(strike, *each, names, tally) for each in work]:
            future.result()
    for stage in stages:
        shutil.rmtree(stage.template.folder.parent, ignore_errors=True)


def struck(calls: range, salt: str) -> list[int]:
    """The calls of a kind that fail, one after the other: all, or, of very many, so many by chance."""
    return list(calls) if len(calls) <= MOST else sorted(random.Random(salt).sample(calls, MOST))


def chosen_kinds(options: Options, place: int) -> list[Kind]:
    """The kinds that are tried on the scenario at a place in the list of scenarios."""
    if not options.sample or (options.size or 0) >= len(KINDS):
        return list(KINDS)
    kinds = random.Random(f"{options.seed} kinds").sample(KINDS, len(KINDS))
    return [kinds[(place * SAMPLE_KINDS + number) % len(kinds)] for number in range(SAMPLE_KINDS)]


def concerned(stage: Stage, kind: Kind, names: Names) -> int:
    """How many calls of the undisturbed commands an error can concern."""
    bench = stage.bench(names.take())
    calls = stage.work(bench, kind.fault(0))[-1].state.calls
    bench.remove()
    return calls


def strike(stage: Stage, kind: Kind, at: int, names: Names, tally: Tally) -> None:
    """Lets one call fail, or all from it on, and looks at what the commands make of it."""
    bench = stage.bench(names.take())
    outcomes = stage.work(bench, kind.fault(at))
    last = outcomes[-1]
    tally.count("faults injected", max(outcome.state.injected for outcome in outcomes))
    tally.count("runs with a fault" if last.state.injected else f"{PART}: points not reached")
    problems = [problem for outcome in outcomes for problem in bystanders(outcome)] + verdict(stage, kind, last)
    problems += seen_by_readers(stage, bench) or seen_inside(stage, bench)
    if stage.ended_well(last) and not problems:
        problems += as_undisturbed(stage, bench, last.state.struck)
    problems += recover(stage, bench)
    if problems:
        what = f"{stage.scenario.name}, {kind.label} from call {at} ({last.state.struck}): " + "; ".join(problems[:5])
        tally.fail(PART, what, stage.options.reproduction(PART, stage.scenario.name, f"{kind.label}:{at}"))
    bench.remove()


def as_undisturbed(stage: Stage, bench: Bench, struck: str) -> list[str]:
    """What a command that ended well left undone; `verify` has its turn after the recovery."""
    flaws = [flaw for flaw in map(str, check.check(bench.root)) if not expected(stage, flaw, struck)]
    problems = [f"it ended well, but {flaw}" for flaw in flaws]
    digest = check.tree_digest(bench.root)
    if digest != stage.digest_without_recovery:
        problems.append(f"it ended well with the tree {digest}, not {stage.digest_without_recovery}")
    return problems


def expected(stage: Stage, flaw: str, struck: str) -> bool:
    """Whether it is for the next commands to mend: the undisturbed ones leave it too, or it could not be removed."""
    return flaw in stage.unsettled or flaw.startswith("I5: tmp/") and struck.startswith(REMOVALS)


def verdict(stage: Stage, kind: Kind, outcome: running.Outcome) -> list[str]:
    """What is wrong with the way in which a command ended."""
    if outcome.timed_out:
        return [f"it hangs: {outcome}"]
    if stage.ended_well(outcome):
        # What a failed sync left on the disk is not known, and the page cache hides it from every other check.
        if outcome.state.injected and kind.is_of_disk and outcome.state.struck.startswith(SYNCS):
            return ["it ended well though a sync had failed"]
        return []
    if not outcome.state.injected:
        return [f"it failed without a fault: {outcome}"]
    # LMDB takes a short write for an error, and so do its callers.
    if kind.must_succeed and not INDEX.search(outcome.state.struck):
        return [f"it should have gone on: {outcome}"]
    if outcome.code not in stage.scenario.failures:
        return [f"it ended in the wrong way: {outcome}"]
    return []
