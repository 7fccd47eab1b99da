"""Mutants: the harness is to turn red when a sync or a step of an order is missing. It checks itself against them.

Syncs: a recorded run is replayed as if one class of its syncs had never been called. Orders: larder is built with small
changes of its sources (`mutant_sources.py`), which crash points or power cuts must notice. What stays green is a sync
that is not needed, or something that the harness does not see; either is a failure here.
"""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor

import crash_points
import mutant_builds
import power
from convergence import Names, prepare
from mutant_sources import MUTANTS, Mutant
from power import Recording
from scenarios import SCENARIOS, Scenario, ScenarioError, missing, selected
from tally import Failure, Options, Tally

PART = "mutants"
STATES = 150
"""The most states that are tried before a missing sync counts as not noticed."""
POINTS = 400
"""The most crash points that are tried before a change of the sources counts as not noticed."""

INIT = "init makes everything durable twice, file by file and by syncfs, before store.json; either would do"
REDUNDANT: dict[str, str] = {
    "fsync .larder.toml.new": INIT,
    "fsync .projects.txt.new": INIT,
    "fsync root [larder.toml objects packages quarantine records slots snapshots views]": INIT,
    "fsync root [projects.txt]": INIT,
    "syncfs": INIT,
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
    """Tries the mutants; of a sample, only missing syncs, and of those a part."""
    syncs(options, tally)
    if not options.sample:
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
    for purpose, places in options.spread(sorted(purposes.items(), key=lambda item: item[0]), 6, PART):
        tally.count("mutants tried")
        # A sync that another one makes good in one run may be the last one in another, so one run is enough.
        found = (noticed(options, recorded, purpose, set(known), rebuilds) for recorded, known in places)
        problem = next((problem for problem in found if problem is not None), None)
        if problem is not None:
            tally.count("mutants caught")
            tally.count(f"{PART}: syncs whose absence was noticed")
            if os.environ.get("FAULTS_VERBOSE"):
                print(f"without {purpose}: {problem}", flush=True)
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
    builds = mutant_builds.Builds.make(tally)
    if builds is None:
        return
    with builds:
        for mutant in MUTANTS:
            lacking = lacks(options, mutant)
            if lacking is not None:
                tally.skip(f"mutant {mutant.name}: {lacking}")
                continue
            tally.count("mutants tried")
            try:
                binary = builds.build(mutant, options.scratch / "mutant")
                problem = notices(dataclasses.replace(options, binary=binary, sample=True, point=None), mutant)
            except (mutant_builds.BuildError, ScenarioError) as error:
                tally.fail(PART, f"{mutant.name}: {error}", options.reproduction(PART, mutant.name, "-"))
                continue
            if problem is None:
                tally.fail(PART, f"nobody notices {mutant.name}: {mutant.breaks}",
                           options.reproduction(PART, mutant.name, "-"))
            else:
                tally.count("mutants caught")
                tally.count(f"{PART}: changes of the sources noticed")
                if os.environ.get("FAULTS_VERBOSE"):
                    print(f"{mutant.name}: {problem}")


def scenario_of(name: str) -> Scenario:
    """A scenario by its name."""
    return next(scenario for scenario in SCENARIOS if scenario.name == name)


def lacks(options: Options, mutant: Mutant) -> str | None:
    """What the program lacks for a mutant."""
    reasons = [missing(options, scenario_of(name)) for name in mutant.scenarios]
    return next((reason for reason in reasons if reason is not None), None)


def notices(options: Options, mutant: Mutant) -> str | None:
    """The first thing that goes wrong with a changed larder; None when nothing does."""
    for name in mutant.scenarios:
        folder = options.scratch / f"{mutant.name}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        own = dataclasses.replace(options, scratch=folder)
        problem = notices_in(own, scenario_of(name), mutant)
        shutil.rmtree(folder, ignore_errors=True)
        if problem is not None:
            return f"{name}: {problem}"
    return None


def notices_in(options: Options, scenario: Scenario, mutant: Mutant) -> str | None:
    """What crash points or power cuts of one scenario notice first."""
    if mutant.by == "crash":
        stage = prepare(options, scenario)
        points = crash_points.points(stage)
        random.Random(options.seed).shuffle(points)
        silent, names = Silent(), Names("mutant-")
        with ThreadPoolExecutor(options.jobs) as pool:
            for start in range(0, min(len(points), POINTS), 4 * options.jobs):
                chosen = points[start : start + 4 * options.jobs]
                list(pool.map(lambda point: crash_points.crash(stage, point, names, silent), chosen))
                if silent.failures:
                    return silent.failures[0].what
        return None
    recorded = power.record(options, scenario, options.scratch / scenario.name)
    cuts, _ = recorded.run.cuts(options.seed, others=24, limit=40)
    random.Random(options.seed).shuffle(cuts)
    rebuilds = power.can_rebuild(options, Silent())
    for chosen, once in ((cuts, True), (cuts[: 2 * STATES], False)):
        for job, problems, _ in power.examine(options, recorded, [(cut, None, once) for cut in chosen], rebuilds):
            if problems:
                return f"cut {job[0]}: {problems[0]}"
    return None
