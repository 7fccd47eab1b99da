"""What holds after a disturbance: readers see a whole tree at once, and the next commands end where all is well."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path

import check
import running
from scenarios import Bench, Command, Scenario, ScenarioError
from tally import Options, Tally

HARMLESS = {"orphan"}
"""What verify may find after a crash: objects that nothing refers to."""

WAITING = "I5: index: "
"""How the checker's notes begin of projects and links that wait for the next publication."""

TWINS = ("index.html", "index.v1_html")
"""Two names of one page."""


@dataclasses.dataclass
class Stage:
    """A scenario that is ready: the mirror before, and what undisturbed commands make of it."""

    options: Options
    scenario: Scenario
    template: Bench
    violations: set[str]
    """Of what readers see damage before it starts; only of scenarios that begin with damage."""
    flaws: set[str]
    """The same of everything that is wrong."""
    digest: str
    """The tree digest after undisturbed commands and recovery."""
    digest_without_recovery: str | None
    unsettled: set[str]
    """What waits for the recovery after undisturbed commands."""
    calls: int
    """Calls that change the mirror, in the undisturbed commands."""
    done: frozenset[int]
    """Exit codes of commands that did all that they were to do."""
    leads_back: bool = False
    """Whether what was live before can come back after undisturbed commands and recovery."""

    def bench(self, name: str) -> Bench:
        """A copy of the mirror as it is before."""
        return self.template.copy(self.template.folder.parent / name)

    def ended_well(self, outcome: running.Outcome) -> bool:
        """Whether a command did all that it was to do."""
        return not outcome.timed_out and outcome.code in self.done and not has_left(outcome)

    def work(
        self, bench: Bench, fault: running.Fault, commands: Sequence[Command] | None = None
    ) -> list[running.Outcome]:
        """Runs the scenario's commands, or others, under a fault, as far as they end well."""
        outcomes: list[running.Outcome] = []
        for command in commands or self.scenario.commands:
            outcomes.append(bench.larder(*command, fault=fault, continued=bool(outcomes)))
            if not self.ended_well(outcomes[-1]):
                break
        return outcomes


def ended_well(outcome: running.Outcome, scenario: Scenario) -> bool:
    """Whether a command of a scenario did all that it was to do."""
    return not outcome.timed_out and outcome.code in scenario.done and not has_left(outcome)


def has_left(outcome: running.Outcome) -> bool:
    """Whether a `verify --repair` could not do what it was to do about something; its exit code may be the same."""
    return any(each.get("outcome") == "left" for each in outcome.report.get("findings", []))


def prepare(options: Options, scenario: Scenario, part: str = "crash", tally: Tally | None = None) -> Stage:
    """Makes the mirror of a scenario, and runs the commands undisturbed on a copy of it.

    When they end with another exit code than they should, that is noted as a failure, and the rest is measured by that
    code; without a tally it is an error.
    """
    folder = options.scratch / scenario.name
    template = Bench(options, folder / "template", folder / "upstream")
    template.folder.mkdir(parents=True)
    scenario.prepare(template)
    stage = Stage(options, scenario, template, set(), set(), "", None, set(), 0, scenario.done)
    if template.root.exists():
        stage.violations = {found.subject for found in check.readers(template.root)[0]}
        stage.flaws = {found.subject for found in check.check(template.root, settled=False)}
    bench = stage.bench("undisturbed")
    outcomes = stage.work(bench, running.Fault("count"))
    for outcome in outcomes:
        if not stage.ended_well(outcome):
            if tally is None:
                raise ScenarioError(f"{scenario.name}, without a fault: {outcome}")
            command = f"tools/crash-test --only {part} --scenario {scenario.name}{options.flags}"
            tally.fail(part, f"{scenario.name}, without a fault: {outcome}", command)
            stage.done |= {outcome.code}
    stage.calls = outcomes[-1].state.calls
    stage.digest_without_recovery = check.tree_digest(bench.root)
    stage.unsettled = {str(each) for each in check.check(bench.root)} if bench.root.exists() else set()
    serious = [each for each in stage.unsettled if not each.startswith(WAITING)]
    if serious:
        raise ScenarioError(f"{scenario.name}, without a fault: {serious[:3]}")
    problems = recover(stage, bench, check_digest=False)
    if problems:
        raise ScenarioError(f"{scenario.name}, without a fault: {problems[0]}")
    digest = check.tree_digest(bench.root)
    if digest is None:
        raise ScenarioError(f"{scenario.name}, without a fault: nothing is published")
    if stage.calls == 0:
        raise ScenarioError(f"{scenario.name}, without a fault: no call changes the mirror")
    stage.digest = digest
    stage.leads_back = check.leads_back(bench.root)
    bench.remove()
    return stage


def seen_by_readers(stage: Stage, bench: Bench) -> list[str]:
    """What readers see at this moment that must not be."""
    if not bench.root.exists():
        return []
    found, digest = check.readers(bench.root)
    # Of a damaged page and its second name, which are replaced one after the other, one is right before the other.
    pages = {folder for subject in stage.violations for folder, name in [page(subject)] if name}
    problems = [
        f"at once: {each}"
        for each in found
        if each.subject not in stage.violations and page(each.subject) not in twins(pages)
    ]
    if digest is None and check.tree_digest(stage.template.root) is not None:
        problems.append("at once: I4: readers saw a tree before, and see none")
    return problems


def page(subject: str) -> tuple[str, str]:
    """The folder and the name of a project's page; no name when it is none."""
    folder, _, name = subject.rpartition("/")
    return folder, name if name in TWINS and folder.startswith("web/simple/") else ""


def twins(folders: set[str]) -> set[tuple[str, str]]:
    """The pages of folders that have two names each."""
    return {(folder, name) for folder in folders for name in TWINS}


def seen_inside(stage: Stage, bench: Bench) -> list[str]:
    """What is wrong inside the mirror at this moment, where the index is known to be there."""
    if not (bench.root / "store.json").exists():
        return []
    found = check.check(bench.root, settled=False, needs_index=needs_index(stage.scenario, stage.template, bench.root))
    flawed = {place(subject) for subject in stage.flaws}
    problems = [f"at once: {each}" for each in found if place(each.subject) not in flawed]
    if stage.scenario.keeps_files:
        files = [path.relative_to(stage.template.root) for path in (stage.template.root / "objects").glob("*/*/*")]
        problems += [f"at once: I1: {file}: it had a file before" for file in files if not (bench.root / file).exists()]
    return problems


def needs_index(scenario: Scenario, template: Bench, root: Path) -> bool:
    """Whether the index must be there and readable: while it is only being made, nothing that is published relies on it.
    """
    was_there = (template.root / "index" / "data.mdb").exists()
    return scenario.keeps_index and (was_there or (root / "web").is_symlink())


def place(subject: str) -> str:
    """Where something is wrong: the subject, or the view that holds it, since a view is mended page by page."""
    parts = subject.split("/")
    return "/".join(parts[:3]) if parts[:2] == ["web", "simple"] else subject


def recovery_commands(scenario: Scenario, bench: Bench) -> list[Command]:
    """What a user runs next."""
    first: list[Command] = [] if (bench.root / "store.json").exists() else [("init",)]
    return [*first, *scenario.recovery]


def recover(stage: Stage, bench: Bench, check_digest: bool = True) -> list[str]:
    """Goes on as a user would, and looks whether all is well then."""
    for command in recovery_commands(stage.scenario, bench):
        outcome = bench.larder(*command)
        if not stage.ended_well(outcome) and not left_only_leftovers(outcome, stage.scenario):
            return [f"recovery: {left(outcome) or outcome}"]
    return settled(stage, bench, stage.digest if check_digest else None)


def left_only_leftovers(outcome: running.Outcome, scenario: Scenario) -> bool:
    """Whether a `verify --repair` did all but remove objects that nothing refers to, which is for `gc`."""
    return (
        scenario.name.startswith("repair")
        and outcome.code & ~2 in scenario.done
        and all(each.get("class") in HARMLESS for each in left(outcome))
    )


def left(outcome: running.Outcome) -> list[dict]:
    """What a `verify --repair` found and did not repair."""
    return [each for each in outcome.report.get("findings", []) if each.get("outcome") != "repaired"]


def settled(stage: Stage, bench: Bench, digest: str | None) -> list[str]:
    """What is wrong with a mirror with which all should be well."""
    problems = verified(bench, stage.scenario.remains)
    if problems:
        return problems
    problems = [f"settled: {each}" for each in check.check(bench.root)]
    found = check.tree_digest(bench.root)
    if digest is not None and found != digest:
        problems.append(f"the tree digest is {found}, and {digest} without a fault")
    if stage.leads_back and not check.leads_back(bench.root):
        problems.append("I5: nothing in generations/ led to the live tree, so that nobody can go back")
    return problems


def verified(bench: Bench, remains: frozenset[str] = frozenset()) -> list[str]:
    """What `verify` finds in a mirror with which all should be well."""
    outcome = bench.larder("verify")
    findings = outcome.report.get("findings", [{}])
    others = [each for each in findings if each.get("class") not in HARMLESS | remains]
    allowed = 2 | (1 if remains else 0)
    if others or outcome.code < 0 or outcome.code & ~allowed:
        return [f"verify: exit {outcome.code}: {others[:3] or outcome}"]
    return []


def bystanders(outcome: running.Outcome) -> list[str]:
    """What a command did outside the mirror, or left running."""
    problems = []
    if outcome.state.strays:
        problems.append(f"I8: {outcome.state.strays} changes outside the mirror, the first one: {outcome.state.stray}")
    if outcome.left:
        problems.append(f"{len(outcome.left)} processes were left")
    return problems


class Names:
    """Names for copies, each used once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._next = 0
        self._lock = threading.Lock()

    def take(self) -> str:
        """A name that nobody else has."""
        with self._lock:
            self._next += 1
            return f"{self._prefix}{self._next}"
