"""A cold sync by larder, bandersnatch and curl -Z over the same index, on disk and on tmpfs.

nginx serves the index from memory on the loopback interface. Each program starts with an empty target and nothing
waiting to be written; the order changes from round to round; what is shown are medians. Every result is checked to be
complete. After each cold sync by larder: one that finds nothing new, and one that finds one new file. Takes about
250 MB of disk for each program and round, and gives them back at the end.
"""

import contextlib
import json
import os
import platform
import shutil
import statistics
import tempfile
import time

from . import corpus
from .contenders import CONNECTIONS, Bandersnatch, Curl, Larder
from .running import PACKAGE, Failure, Nginx, folder, larder_program, make_corpus, memory_floor, run, say

MB = 1_000_000

# Microseconds of processor time to create a folder or file, above which something is wrong with the disk. About 25 are
# usual on ext4, and 140 in the minutes after many files were deleted.
SLOW = 60


def add_command(commands):
    parser = commands.add_parser(
        "sync", help="a cold sync beside bandersnatch and curl -Z", description=__doc__.replace("%", "%%")
    )
    parser.add_argument("--projects", type=int, default=5000, metavar="N", help="with two files each (5000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
    parser.add_argument("--bandersnatch", default="6.8.0", metavar="RELEASE", help="which to compare with (6.8.0)")
    parser.add_argument("--no-bandersnatch", action="store_true")
    parser.add_argument("--disk", default=os.path.join(PACKAGE, ".build"), metavar="DIR", help="a folder on the disk")
    parser.add_argument("--tmpfs", default="/dev/shm", metavar="DIR", help="a folder on a tmpfs")
    parser.add_argument(
        "--patience",
        type=float,
        default=420,
        metavar="SECONDS",
        help="how long to wait for a disk that is slow because many files were just deleted there (420)",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", metavar="FILE", help="writes everything measured there, as JSON")
    parser.add_argument("--strict", action="store_true", help="exits 1 when a goal is missed")
    parser.add_argument(
        "--smoke", action="store_true", help="200 projects, 1 round, and bandersnatch only where it can be installed"
    )
    parser.set_defaults(run=measure)


def measure(arguments):
    if arguments.smoke:
        arguments.projects, arguments.rounds = 200, 1
    if arguments.projects < 1 or arguments.rounds < 1:
        raise Failure("--projects and --rounds start at 1")
    nginx = Nginx.program()
    larder = Larder(larder_program(arguments.larder))
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(folder(arguments.tmpfs))
        places = {"disk": stack.enter_context(folder(arguments.disk)), "tmpfs": memory}
        for place, path in places.items():
            kind = file_system(path)
            say(f"{place}: {os.path.dirname(path)} ({kind})")
            if (kind == "tmpfs") != (place == "tmpfs"):
                say(f"warning: that is not what '{place}' is meant to be; choose with --{place} DIR")
        contenders = [larder]
        if not arguments.no_bandersnatch:
            try:
                contenders.append(Bandersnatch(arguments.bandersnatch))
            except Failure as failure:
                if not arguments.smoke:
                    raise
                say(f"{failure}; going on without it")
        index = os.path.join(memory, "index")
        contenders.append(Curl(os.path.join(index, "urls")))
        www = os.path.join(index, "www")
        os.makedirs(www)
        server = stack.enter_context(Nginx(nginx, os.path.join(memory, "nginx"), www))
        say(f"making an index of {arguments.projects:,} projects")
        summary = make_corpus(index, arguments.projects, server.url, arguments.seed)
        warm(index)
        speed = [settle(places["disk"], 0 if arguments.smoke else arguments.patience)]
        runs = rounds(arguments, contenders, places, server, www, summary, memory)
        speed.append(microseconds_per_inode(places["disk"]))
        if speed[1] > SLOW:
            say(f"warning: files deleted meanwhile by others slow the disk down ({speed[1]:.0f} us); see --patience")
        result = {
            "machine": {
                "cpus": len(os.sched_getaffinity(0)),
                "kernel": platform.release(),
                "fileSystems": {"disk": file_system(arguments.disk), "tmpfs": file_system(arguments.tmpfs)},
                "diskMicrosecondsPerInode": {"before": speed[0], "after": speed[1]},
                "memoryFloorBytes": memory_floor(),
            },
            "corpus": summary,
            "programs": {contender.name: contender.version for contender in contenders},
            "rounds": runs,
        }
        result["medians"] = medians(runs)
        result["goals"] = goals(result["medians"], runs)
        show(result, arguments.rounds)
        if arguments.output:
            with open(arguments.output, "w", encoding="utf-8") as file:
                json.dump(result, file, indent=2)
                file.write("\n")
    return 1 if arguments.strict and not all(goal["met"] for goal in result["goals"]) else 0


def settle(path, patience):
    """Waits until creating files is as cheap as usual, and returns what it costs then.

    ext4 passes over the inodes of files deleted in the last minutes one by one, each time that it looks for a free one
    (recently_deleted in the kernel's fs/ext4/ialloc.c). A benchmark after large deletions would measure that.
    """
    end = time.monotonic() + patience
    while True:
        cost = microseconds_per_inode(path)
        if cost <= SLOW:
            return cost
        if time.monotonic() > end:
            say(f"warning: creating a file on the disk takes {cost:.0f} us of processor time; figures will be too high")
            return cost
        say(f"creating a file on the disk takes {cost:.0f} us of processor time, as after deletions; waiting")
        time.sleep(20)


def microseconds_per_inode(path):
    """What it costs to create some folders with a file in each; they stay."""
    probe = tempfile.mkdtemp(prefix="probe.", dir=path)
    start = time.process_time()
    for number in range(500):
        place = os.path.join(probe, str(number))
        os.mkdir(place)
        os.close(os.open(os.path.join(place, "file"), os.O_CREAT | os.O_WRONLY))
    return (time.process_time() - start) / 1000 * 1e6


def rounds(arguments, contenders, places, server, www, summary, memory):
    """All runs: a list of dictionaries."""
    runs = []
    scratch = os.path.join(memory, "scratch")
    os.makedirs(scratch)
    for number in range(arguments.rounds):
        turn = number % len(contenders)
        for place, path in places.items():
            for contender in contenders[turn:] + contenders[:turn]:
                target = os.path.join(path, f"target-{len(runs)}")
                os.sync()
                answered = server.requests()
                usage = contender.fetch(server.url, target, scratch)
                answered = server.requests() - answered
                start = time.monotonic()
                run(["sync", "-f", target], os.devnull, os.devnull)
                written = time.monotonic() - start
                problem = contender.problem(target, summary)
                if problem:
                    raise Failure(f"the mirror by {contender.name} is not complete: {problem}")
                runs.append(entry("cold", contender.name, place, number, usage, answered) | {"written": written})
                if contender.name == "larder":
                    runs += later(arguments, contender, place, number, server, www, target, scratch)
                # What is removed now would slow down whoever comes next; see settle.
                if place == "tmpfs":
                    shutil.rmtree(target)
    return runs


def later(arguments, larder, place, number, server, www, target, scratch):
    """A sync that finds nothing new, and one that finds a new release of one project."""
    os.sync()
    answered = server.requests()
    usage, answer = larder.sync(target, scratch)
    unchanged = entry("no change", larder.name, place, number, usage, server.requests() - answered)
    expect(answer, "no change", changed=0, downloaded=0)
    restore = corpus.change(www, server.url, arguments.projects // 2, arguments.seed)
    try:
        answered = server.requests()
        usage, answer = larder.sync(target, scratch)
        changed = entry("one change", larder.name, place, number, usage, server.requests() - answered)
        expect(answer, "one change", changed=1, downloaded=1)
    finally:
        restore()
    return [unchanged, changed]


def expect(answer, kind, changed, downloaded):
    # A report may count a sidecar among the files.
    files, projects = answer["files"]["downloaded"], answer["projects"]["changed"]
    if projects != changed or not downloaded <= files <= 2 * downloaded:
        raise Failure(f"the sync with {kind} reports {projects} changed projects and {files} downloaded files")


def entry(kind, program, place, number, usage, requests):
    shown = f"{kind}, {program} on {place}"
    say(f"round {number + 1}: {shown:32} {usage.wall:7.2f} s {usage.cpu:6.2f} s cpu {usage.memory / MB:6.1f} MB")
    return {
        "kind": kind,
        "program": program,
        "place": place,
        "round": number,
        "wall": usage.wall,
        "cpu": usage.cpu,
        "memory": usage.memory,
        "requests": requests,
    }


def medians(runs):
    """The median of each figure, by kind, program and place, in the order of the runs' first appearance."""
    groups = {}
    for one in runs:
        groups.setdefault((one["kind"], one["program"], one["place"]), []).append(one)
    result = []
    for (kind, program, place), group in groups.items():
        figures = {
            figure: statistics.median(one[figure] for one in group)
            for figure in ("wall", "cpu", "memory", "requests", "written")
            if figure in group[0]
        }
        result.append({"kind": kind, "program": program, "place": place} | figures)
    return sorted(result, key=lambda row: (["cold", "no change", "one change"].index(row["kind"]), row["place"]))


def goals(rows, runs):
    """What larder promises, and what was measured."""

    walls = {(row["kind"], row["program"], row["place"]): row["wall"] for row in rows}
    result = []

    def goal(name, value, unit, bound, at_least=False):
        met = value >= bound if at_least else value <= bound
        result.append(
            {"goal": name, "value": value, "unit": unit, "bound": bound, "atLeast": at_least, "met": met}
        )

    for place in ("disk", "tmpfs"):
        mine, curl, bandersnatch = (walls.get(("cold", name, place)) for name in ("larder", "curl -Z", "bandersnatch"))
        if bandersnatch is not None:
            goal(f"cold on {place}: faster than bandersnatch", bandersnatch / mine, "x", 5, at_least=True)
        goal(f"cold on {place}: as long as curl -Z", mine / curl, "x", 3)
    for place in ("disk", "tmpfs"):
        goal(f"no change on {place}", walls["no change", "larder", place], "s", 1)
    most = max(one["memory"] for one in runs if one["program"] == "larder")
    goal("memory, the most in any run", most / MB, "MB", 100)
    return result


def show(result, count):
    summary = result["corpus"]
    print(
        f"\n{summary['projects']:,} projects, {summary['files']:,} files and {summary['sidecars']:,} sidecars, "
        f"{summary['bytes'] / MB:.1f} MB; {CONNECTIONS} connections; {result['machine']['cpus']} processors; "
        f"medians of {count}"
    )
    for name, version in result["programs"].items():
        print(f"  {name}: {version}")
    print(f"\n{'':12}{'':14}{'where':>6}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'requests':>10}{'to disk s':>11}")
    floor = result["machine"]["memoryFloorBytes"]
    for row in result["medians"]:
        # What lies at the floor was less than what this program itself takes.
        memory = f"{row['memory'] / MB:.1f}" if row["memory"] > floor else f"<{floor / MB:.0f}"
        written = f"{row['written']:.2f}" if "written" in row else ""
        print(
            f"{row['kind']:12}{row['program']:14}{row['place']:>6}{row['wall']:9.2f}{row['cpu']:9.2f}{memory:>9}"
            f"{row['requests']:10.0f}{written:>11}"
        )
    print("\n'to disk': how long `sync` takes afterwards to write what the program left in memory")
    if summary["projects"] < 1000:
        print("So few projects say little about ratios: what each program takes to start weighs too much.")
    print(f"\n{'goal':44}{'measured':>11}{'bound':>11}")
    for goal in result["goals"]:
        bound = f"{'>=' if goal['atLeast'] else '<='} {goal['bound']} {goal['unit']}"
        verdict = "" if goal["met"] else "  MISSED"
        print(f"{goal['goal']:44}{goal['value']:8.2f} {goal['unit']:2}{bound:>11}{verdict}")


def warm(directory):
    """Reads everything once, so that the server finds it in memory."""
    for parent, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                while file.read(1 << 20):
                    pass


def file_system(path):
    """The type of the file system that holds a path."""
    path = os.path.realpath(path)
    best = ("", "?")
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            point, kind = line.split()[1:3]
            if path == point or path.startswith(point.rstrip("/") + "/"):
                best = max(best, (point, kind), key=lambda entry: len(entry[0]))
    return best[1]
