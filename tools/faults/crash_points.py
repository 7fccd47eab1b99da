"""Crash points: the process is killed before and after each call that changes the mirror."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess

import check
import running
from convergence import Names, Stage, bystanders, prepare, recover, seen_by_readers, seen_inside
from scenarios import selected
from tally import Options, Tally, workers

PART = "crash"
SAMPLE = 6
"""Points of each scenario in a sample."""


def points(stage: Stage) -> list[tuple[str, int]]:
    """Every point of a scenario."""
    return [(when, number) for number in range(1, stage.calls + 1) for when in ("before", "after")]


def run(options: Options, tally: Tally) -> None:
    """Runs the points that were asked for."""
    with workers(options.jobs) as pool:
        scenarios = selected(options, tally)
        stages = list(pool.map(lambda scenario: prepare(options, scenario), scenarios))
        surroundings = {stage.scenario.name: check.Surroundings(stage.template.upstream, "") for stage in stages}
        names = Names("crash-")
        work = []
        for stage in stages:
            if options.point is not None:
                when, _, number = options.point.partition(":")
                chosen = [(when, int(number))]
            else:
                chosen = options.spread(points(stage), SAMPLE, f"crash {stage.scenario.name}")
            tally.count(f"{PART}: calls in {stage.scenario.name}", stage.calls)
            work += [(stage, when, number) for when, number in chosen]
        for future in [pool.submit(crash, *each, names, tally) for each in work]:
            future.result()
        if options.point is None:
            compare_with_strace(options.spread(stages, 2, "strace"), names, tally)
    for stage in stages:
        for each in surroundings[stage.scenario.name].violations():
            tally.fail(PART, f"{stage.scenario.name}: the upstream: {each}", f"tools/crash-test --only {PART}")
        shutil.rmtree(stage.template.folder.parent, ignore_errors=True)


def crash(stage: Stage, when: str, number: int, names: Names, tally: Tally) -> None:
    """Kills the commands of a scenario at one point, and looks at what is left."""
    bench = stage.bench(names.take())
    outcomes = stage.work(bench, running.Fault("kill", at=number, when=when))
    last = outcomes[-1]
    problems = [problem for outcome in outcomes for problem in bystanders(outcome)]
    if last.state.killed:
        tally.count("points run")
        if last.code != -signal.SIGKILL:
            problems.append(f"it ended with {last.code} though it was killed")
    elif last.code == 0:
        tally.count(f"{PART}: points not reached, since threads took other turns")
    else:
        problems.append(f"it was not killed, and failed: {last}")
    if not problems:
        problems = seen_by_readers(stage, bench) or seen_inside(stage, bench) or recover(stage, bench)
    if problems:
        what = f"{stage.scenario.name}, killed {when} call {number} ({last.state.struck}): " + "; ".join(problems[:5])
        tally.fail(PART, what, stage.options.reproduction(PART, stage.scenario.name, f"{when}:{number}"))
    bench.remove()


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
        trace = bench.folder / "trace"
        wrapper = ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", str(trace)]
        # Names that this architecture does not have are passed over.
        wrapper += ["-e", "trace=" + ",".join("?" + name for name in CHANGING.split())]
        fault = running.Fault("count")
        outcome = bench.larder(*stage.scenario.commands[0], fault=fault, wrapper=tuple(wrapper))
        if outcome.code != 0:
            tally.skip(f"the comparison with strace: {outcome}")
            bench.remove()
            return
        seen = traced(trace.read_text(errors="replace"), str(bench.root))
        tally.count(f"{PART}: calls compared with strace", len(seen))
        if len(seen) != outcome.state.calls:
            what = f"{stage.scenario.name}: strace sees {len(seen)} calls that change the mirror, the library "
            tally.fail(PART, what + f"{outcome.state.calls}", f"tools/crash-test --only {PART}")
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
