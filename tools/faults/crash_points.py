"""Crash points: the process is killed before and after each call that changes the mirror."""

from __future__ import annotations

import dataclasses
import random
import re
import shutil
import signal

import running
from convergence import (
    Names,
    Stage,
    bystanders,
    prepare,
    recover,
    recovery_commands,
    seen_by_readers,
    seen_inside,
)
from scenarios import Bench, Command, selected
from surroundings import Surroundings
from tally import Options, Tally, workers

PART = "crash"
SAMPLE_SCENARIOS = 5
"""Scenarios in a sample."""
SAMPLE = 5
"""Points of each scenario in a sample."""
SAMPLE_DOUBLE = 1
"""Of those, where the recovery is killed as well, in addition."""


@dataclasses.dataclass(frozen=True)
class Point:
    """A call before or after which the process is killed; perhaps one of the recovery too."""

    when: str
    number: int
    again: Point | None = None

    def __str__(self) -> str:
        return f"{self.when}:{self.number}" + (f"+{self.again}" if self.again is not None else "")

    @staticmethod
    def parse(text: str) -> Point:
        """A point as it is written, such as `before:17` or `after:3+before:20`."""
        first, _, rest = text.partition("+")
        when, _, number = first.partition(":")
        return Point(when, int(number), Point.parse(rest) if rest else None)

    @property
    def fault(self) -> running.Fault:
        """What the fault library is to do."""
        return running.Fault("kill", at=self.number, when=self.when)


def points(stage: Stage) -> list[Point]:
    """Every point of a scenario."""
    return [Point(when, number) for number in range(1, stage.calls + 1) for when in ("before", "after")]


def double_points(stage: Stage) -> list[Point]:
    """Points at which the recovery is killed as well: a fourth as many as there are calls, chosen by the seed."""
    chance = random.Random(f"{stage.options.seed} again {stage.scenario.name}")

    def point(again: Point | None) -> Point:
        return Point(chance.choice(("before", "after")), chance.randint(1, stage.calls), again)

    return [point(point(None)) for _ in range(stage.calls // 4)]


def run(options: Options, tally: Tally) -> None:
    """Runs the points that were asked for."""
    with workers(options.jobs) as pool:
        scenarios = options.spread(selected(options, tally), SAMPLE_SCENARIOS, f"{PART} scenarios")
        stages = list(pool.map(lambda scenario: prepare(options, scenario, PART, tally), scenarios))
        surroundings = {stage.scenario.name: Surroundings(stage.template.upstream, "") for stage in stages}
        names = Names("crash-")
        work = []
        for stage in stages:
            if options.point is not None:
                chosen = [Point.parse(options.point)]
            else:
                chosen = options.spread(points(stage), SAMPLE, f"crash {stage.scenario.name}")
                chosen += options.spread(double_points(stage), SAMPLE_DOUBLE, f"again {stage.scenario.name}")
            tally.count(f"{PART}: calls in {stage.scenario.name}", stage.calls)
            work += [(stage, point) for point in chosen]
        for future in [pool.submit(crash, *each, names, tally) for each in work]:
            future.result()
        if options.point is None:
            compare_with_strace(options.spread(stages, 2, "strace"), names, tally)
    for stage in stages:
        for each in surroundings[stage.scenario.name].violations():
            tally.fail(PART, f"{stage.scenario.name}: the upstream: {each}", f"tools/crash-test --only {PART}")
        shutil.rmtree(stage.template.folder.parent, ignore_errors=True)


def crash(stage: Stage, point: Point, names: Names, tally: Tally) -> None:
    """Kills the commands of a scenario at one point, and looks at what is left."""
    bench = stage.bench(names.take())
    problems, struck = kill(stage, bench, point, tally)
    problems = problems or seen_inside(stage, bench)
    if not problems and point.again is not None:
        again = recovery_commands(stage.scenario, bench)
        problems, second = kill(stage, bench, point.again, tally, again)
        struck += f", then {second}"
    problems = problems or recover(stage, bench)
    if problems:
        what = f"{stage.scenario.name}, killed {point} ({struck}): " + "; ".join(problems[:5])
        tally.fail(PART, what, stage.options.reproduction(PART, stage.scenario.name, str(point)))
    bench.remove()


def kill(
    stage: Stage, bench: Bench, point: Point, tally: Tally, commands: list[Command] | None = None
) -> tuple[list[str], str]:
    """Kills commands at a point; what is wrong then, and the call that was struck."""
    outcomes = stage.work(bench, point.fault, commands)
    last = outcomes[-1]
    problems = [problem for outcome in outcomes for problem in bystanders(outcome)]
    if last.state.killed:
        tally.count("points run" if commands is None else "points run in the recovery from another")
        if last.code == 0 and commands is None and point.number == stage.calls:
            # At the last call of all, the thread that ends the program may be faster than the kill of another.
            tally.count(f"{PART}: kills that came too late")
        elif last.code != -signal.SIGKILL:
            problems.append(f"it ended with {last.code} though it was killed")
    elif not stage.ended_well(last):
        problems.append(f"it was not killed, and failed: {last}")
    elif commands is None:
        tally.count(f"{PART}: points not reached, since threads took other turns")
    return problems + seen_by_readers(stage, bench), last.state.struck


CHANGING = (
    "creat write pwrite64 writev pwritev pwritev2 fsync fdatasync sync syncfs sync_file_range msync link linkat rename"
    " renameat renameat2 symlink symlinkat mkdir mkdirat unlink unlinkat rmdir truncate ftruncate fallocate chmod"
    " fchmod fchmodat fchmodat2 utime utimes utimensat futimesat copy_file_range sendfile mknod mknodat setxattr"
    " fsetxattr chown fchown lchown fchownat splice open openat openat2 io_uring_setup"
)
LINE = re.compile(r"^\d+ +(\w+)\((.*)")


def compare_with_strace(stages: list[Stage], names: Names, tally: Tally) -> None:
    """Whether the library sees every call that the kernel sees."""
    if shutil.which("strace") is None:
        tally.skip("the comparison with strace: it is not installed")
        return
    for stage in stages:
        bench = stage.bench(names.take())
        for number, command in enumerate(stage.scenario.commands):
            trace = bench.folder / f"trace{number}"
            wrapper = ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", str(trace)]
            # Names that this architecture does not have are passed over.
            wrapper += ["-e", "trace=" + ",".join("?" + name for name in CHANGING.split())]
            outcome = bench.larder(*command, fault=running.Fault("count"), wrapper=tuple(wrapper))
            again = f"tools/crash-test --only {PART} --scenario {stage.scenario.name}{stage.options.flags}"
            if not stage.ended_well(outcome):
                tally.fail(PART, f"{stage.scenario.name}, under strace: {outcome}", again)
                break
            seen = traced(trace.read_text(errors="replace"), str(bench.root))
            tally.count(f"{PART}: calls compared with strace", len(seen))
            if len(seen) != outcome.state.calls:
                what = f"{stage.scenario.name}: strace sees {len(seen)} calls that change the mirror, the library "
                tally.fail(PART, what + f"{outcome.state.calls}", again)
        bench.remove()


def traced(text: str, root: str) -> list[str]:
    """The lines of a trace that change something below a root."""
    parent = root.rpartition("/")[0]
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        name, arguments = match[1], match[2]
        concerns = f"{root}/" in arguments or f'{root}"' in arguments or f"{root}>" in arguments
        if "sync" in name:
            concerns = concerns or f"{parent}>" in arguments
        if name.startswith("open"):
            concerns = concerns and any(flag in arguments for flag in ("O_CREAT", "O_TRUNC", "O_TMPFILE"))
        if concerns:
            found.append(line)
    return found
