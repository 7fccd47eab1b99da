"""Mutants: the harness is to turn red when a sync or a step of an order is missing. It checks itself against them.

Syncs: a recorded run is replayed as if one class of its syncs had never been called. Orders: larder is built with small
changes of its sources (`mutant_sources.py`), which crash points or power cuts must notice. What stays green is a sync
that is not needed, or something that the harness does not see; either is a failure here.
"""

from __future__ import annotations

import dataclasses
import random
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import check
import crash_points
import mutant_builds
import power
from convergence import Names, prepare
from mutant_sources import MUTANTS, Mutant
from power import Recording
from scenarios import Bench, Scenario, ScenarioError, missing, named, selected
from tally import Failure, Options, Tally

PART = "mutants"
STATES = 150
"""The most states that are tried before a missing sync counts as not noticed."""
POINTS = 400
"""The most crash points that are tried before a change of the sources counts as not noticed."""

CONTROL = 0.2
"""The share of these that the unchanged program has to pass where a mutant was noticed."""

TABLES = "the commit that makes empty tables: a cut leaves no index, which is made anew, or the next commit syncs it too"
DERIVED = "what a cut makes of it cannot be read; answers say less, and nothing leaves, until a whole sync finds it anew"
REDUNDANT: dict[str, str] = {
    "fsync .closure.json.new by ClosureFile.write": DERIVED,
    "fsync root [closure.json] by ClosureFile.write": DERIVED,
    "fsync slots/b by Publisher.makeSnapshot": "only a slot that was published before there were snapshots gets a name by it",
    "fsync views by ViewStore.write":
        "of a view that is made good, what a cut empties was damaged before; a document that is whole, and gains what its "
        "metadata says, is in none of these runs",
    "fsync generations [-generations generations] by TreeHistory.stage":
        "the syncfs before the switch makes the name of the change durable too, and before it nobody looks for it",
    "fsync pages [-pages pages] by MirrorRoot.write":
        "the front page of before is whole, only older, and the next command makes it anew",
    "syncfs by PackageLinks.relink": "names that are copies wait for nothing; hard links do",
    "syncfs [bytes:quarantine bytes:tmp quarantine] by PackageBatch.settle":
        "a repair replaces copies that are damaged already, and a cut leaves them so; of other copies it is noticed",
    "syncfs [-snapshots snapshots] by Publisher.finish":
        "the sync behind the removal of links makes the lists of snapshots durable too; where no link goes, it is needed",
    "syncfs by PolicyEnforcement.remove": "nothing waits for it where lists of snapshots were made durable before",
    "syncfs by Publisher.take": "pages of before that are shown as they were wait for nothing; reduced ones do",
    "syncfs [-requirements bytes:requirements bytes:tmp requirements] by GroupCommit.commit":
        "of a group without records, which replace others, the syncfs behind the names of objects makes bytes durable too; "
        "beside them, requirements are only a cache",
    "fsync index/data.mdb by MirrorRoot.init": TABLES,
    "fsync index.new/data.mdb by static MirrorRoot.rebuild": TABLES,
}
"""Purposes of syncs without which nothing is lost, and why they are there all the same."""


class Silent(Tally):
    """A tally whose failures are what is wanted, so that it does not print them."""

    def fail(self, part: str, what: str, reproduction: str) -> None:
        """Notes a failure."""
        with self._lock:
            self.failures.append(Failure(part, what, reproduction))

    def skip(self, what: str) -> None:
        """Nothing: the tally of the run has said so."""


def run(options: Options, tally: Tally) -> None:
    """Tries the mutants; none of them in a sample, since what nobody notices takes all states to tell."""
    if not options.sample:
        syncs(options, tally)
        orders(options, tally)


# --- syncs


def syncs(options: Options, tally: Tally) -> None:
    """Replays runs as if syncs had not been called."""
    rebuilds = power.can_rebuild(options, tally)
    purposes: dict[str, list[tuple[Recording, set[str]]]] = {}
    for scenario in selected(options, tally):
        recorded = power.record(options, scenario, options.scratch / scenario.name, Silent())
        known: set[str] = set()
        recorded.run.cuts(options.seed, others=8, limit=40, known=known)
        for purpose in recorded.run.purposes():
            purposes.setdefault(purpose, []).append((recorded, known))
    for purpose, places in sorted(purposes.items(), key=lambda item: item[0]):
        tally.count("mutants tried")
        # A sync that another one makes good in one run may be the last one in another, so one run is enough.
        found = (noticed(options, recorded, purpose, set(known), rebuilds) for recorded, known in places)
        problem = next((problem for problem in found if problem is not None), None)
        if problem is not None:
            tally.count("mutants caught")
            tally.count(f"{PART}: syncs whose absence was noticed")
            print(f"without {purpose}: {problem[:300]}", file=sys.stderr, flush=True)
        elif purpose in REDUNDANT:
            tally.count(f"{PART}: syncs known to be redundant")
        else:
            names = ", ".join(recorded.name for recorded, _ in places)
            tally.fail(PART, f"nobody notices that '{purpose}' is missing ({names})", "tools/crash-test --only mutants")


def noticed(
    options: Options, recorded: Recording, purpose: str, known: set[str], rebuilds: bool
) -> str | None:
    """The first thing that goes wrong without a class of syncs; None when nothing does."""
    cuts, _ = recorded.run.cuts(options.seed, others=8, limit=40, skipped=purpose, known=known)
    random.Random(options.seed).shuffle(cuts)
    # Those that lose most first: they show it soonest, and cost a look at the state only.
    plain = [cut for cut in cuts if cut.choice in ("none", "names", "data", "lengths")]
    for chosen, once in ((plain + cuts, True), (plain[:40] + cuts[:STATES], False)):
        for job, problems, _ in power.examine(options, recorded, [(cut, purpose, once) for cut in chosen], rebuilds):
            if problems:
                return f"{recorded.name}, cut {job[0]}: {problems[0]}"
    return None


# --- orders


def orders(options: Options, tally: Tally) -> None:
    """Builds larder with changed sources, and looks whether crashes and power cuts notice."""
    chosen = [mutant for mutant in MUTANTS if options.scenario in (None, mutant.name)]
    builds = mutant_builds.Builds.make(tally) if chosen else None
    if builds is None:
        return
    with builds:
        try:
            unchanged = builds.build((), options.scratch / "unchanged")
        except mutant_builds.BuildError as error:
            tally.fail(PART, f"the unchanged sources: {error}", options.reproduction(PART, "unchanged", "-"))
            return
        sound: dict[tuple[str, str], bool] = {}
        for mutant in chosen:
            lacking = lacks(options, mutant)
            if lacking is not None:
                tally.skip(f"mutant {mutant.name}: {lacking}")
                continue
            tally.count("mutants tried")
            try:
                binary = builds.build(mutant.edits, options.scratch / "mutant")
                own = dataclasses.replace(options, binary=binary, sample=True, point=None, scenario=None)
                problem = notices(own, mutant)
            except (mutant_builds.BuildError, ScenarioError) as error:
                tally.fail(PART, f"{mutant.name}: {error}", options.reproduction(PART, mutant.name, "-"))
                continue
            if problem is not None:
                print(f"{mutant.name}: {problem[:300]}", file=sys.stderr, flush=True)
            if problem is None:
                tally.fail(PART, f"nobody notices {mutant.name}: {mutant.breaks}",
                           options.reproduction(PART, mutant.name, "-"))
            elif not is_sound(dataclasses.replace(own, binary=unchanged), mutant, sound):
                tally.fail(PART, f"{mutant.name} does not count, since the unchanged program fails there as well",
                           options.reproduction(PART, mutant.name, "-"))
            else:
                tally.count("mutants caught")
                tally.count(f"{PART}: changes of the sources noticed")


def lacks(options: Options, mutant: Mutant) -> str | None:
    """What the program lacks for a mutant."""
    reasons = [missing(options, named(name)) for name in mutant.scenarios]
    return next((reason for reason in reasons if reason is not None), None)


def notices(options: Options, mutant: Mutant, effort: float = 1) -> str | None:
    """The first thing that goes wrong with a changed larder; None when nothing does.

    `effort` is the share of the crash points and states that are tried before nothing counts as noticed.
    """
    for name in mutant.scenarios:
        folder = options.scratch / f"{mutant.name}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        own = dataclasses.replace(options, scratch=folder)
        by = {"crash": by_crashes, "power": by_power_cuts, "end": by_end}[mutant.by]
        try:
            problem = by(own, named(name), effort)
        except ScenarioError as error:
            # It does not even do its work undisturbed; the unchanged program has to.
            problem = str(error)
        shutil.rmtree(folder, ignore_errors=True)
        if problem is not None:
            return f"{name}: {problem}"
    return None


def is_sound(options: Options, mutant: Mutant, known: dict[tuple[str, str], bool]) -> bool:
    """Whether the unchanged program passes where a changed one did not, so that it was the change that was noticed."""
    for name in mutant.scenarios:
        if (mutant.by, name) not in known:
            only = dataclasses.replace(mutant, scenarios=(name,))
            known[mutant.by, name] = notices(options, only, CONTROL) is None
    return all(known[mutant.by, name] for name in mutant.scenarios)


def by_crashes(options: Options, scenario: Scenario, effort: float) -> str | None:
    """What crash points of a scenario notice first."""
    stage = prepare(options, scenario)
    points = crash_points.points(stage)
    random.Random(options.seed).shuffle(points)
    silent, names = Silent(), Names("mutant-")
    with ThreadPoolExecutor(options.jobs) as pool:
        for start in range(0, min(len(points), int(POINTS * effort)), 4 * options.jobs):
            chosen = points[start : start + 4 * options.jobs]
            list(pool.map(lambda point: crash_points.crash(stage, point, names, silent), chosen))
            for failure in silent.failures:
                # A machine that is too slow is no reason.
                if not re.search("did not end|processes were left|not killed, and failed", failure.what):
                    return failure.what
    return None


def by_power_cuts(options: Options, scenario: Scenario, effort: float) -> str | None:
    """What power cuts of a scenario notice first: states that are only looked at, then some that are recovered from."""
    recorded = power.record(options, scenario, options.scratch / scenario.name)
    cuts, _ = recorded.run.cuts(options.seed, others=24, limit=40)
    random.Random(options.seed).shuffle(cuts)
    rebuilds = power.can_rebuild(options, Silent())
    for chosen, once in ((cuts, True), (cuts[: int(2 * STATES * effort)], False)):
        for job, problems, _ in power.examine(options, recorded, [(cut, None, once) for cut in chosen], rebuilds):
            if problems:
                return f"cut {job[0]}: {problems[0]}"
    return None


def by_end(options: Options, scenario: Scenario, effort: float) -> str | None:
    """What is wrong with the end of undisturbed commands."""
    bench = Bench(options, options.scratch / "end", options.scratch / "upstream")
    bench.folder.mkdir()
    scenario.prepare(bench)
    for command in scenario.commands:
        outcome = bench.larder(*command)
        if outcome.timed_out or outcome.code not in scenario.done:
            return str(outcome)
    return next((str(each) for each in check.check(bench.root)), None)
