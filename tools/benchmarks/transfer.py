"""Downloads by `larder fetch` beside `curl -Z --parallel-max 64`: many small files, some large ones, on disk and tmpfs.

nginx serves incompressible files from memory on the loopback interface. larder checks the SHA-256 of each, gives it its
name when it is whole, and has made all of it durable when it ends; curl does none of that. The programs take turns, and
the order changes from round to round; what is shown are medians. Every result is checked to be complete, and in the
first round to have the right bytes. Then `larder sync` asks for pages that are each answered after 50 ms, over 64
connections. Takes 2 GB of the tmpfs for what is served, 2 GB more there for what is downloaded, 2.5 GB of disk, and
gives all of it back at the end.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import platform
import random
import shutil
import statistics
import time

from .contenders import check, first_line
from .corpus import compact, project_name
from .latency import larder as run_beside
from .latency import set_connections
from .pages import PageConnection, Pages
from .running import PACKAGE, Failure, Nginx, folder, larder_program, memory_floor, report, run, say
from .sync import MB, file_system, microseconds_per_inode, settle

# Wall time of larder as a multiple of curl's.
GOALS = {("small", "disk"): 1.3, ("large", "disk"): 1.1, ("small", "tmpfs"): 1.6, ("large", "tmpfs"): 1.5}
MEMORY_GOAL = 100
PAGES_GOAL = 1.15
PAGE_CONNECTIONS = 64


def add_command(commands):
    parser = commands.add_parser(
        "transfer", help="larder fetch beside curl -Z, and pages of 50 ms", description=__doc__.replace("%", "%%")
    )
    parser.add_argument("--small", type=int, default=10_000, metavar="N", help="files of about 8 KB (10000)")
    parser.add_argument("--large", type=int, default=48, metavar="N", help="files of about --large-size (48)")
    parser.add_argument("--large-size", type=int, default=40 * MB, metavar="BYTES", help="of each (40 MB)")
    parser.add_argument("--pages", type=int, default=3200, metavar="N", help="pages that take a while (3200)")
    parser.add_argument("--delay", type=float, default=0.05, metavar="SECONDS", help="for each page (0.05)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--connections", type=int, default=64, metavar="N", help="larder's and curl's (64)")
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
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
    parser.add_argument("--smoke", action="store_true", help="200 small and 4 files of 4 MB, 200 pages, 1 round")
    parser.set_defaults(run=measure)


def measure(arguments):
    if arguments.smoke:
        arguments.small, arguments.large, arguments.large_size = 200, 4, 4 * MB
        arguments.pages, arguments.rounds, arguments.patience = 200, 1, 0
    if min(arguments.small, arguments.large, arguments.pages, arguments.rounds, arguments.connections) < 1:
        raise Failure("all numbers start at 1")
    nginx = Nginx.program()
    program = larder_program(arguments.larder)
    contenders = [Larder(program, arguments.connections), Curl(arguments.connections)]
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(folder(arguments.tmpfs))
        places = {"disk": stack.enter_context(folder(arguments.disk)), "tmpfs": memory}
        for place, path in places.items():
            kind = file_system(path)
            say(f"{place}: {os.path.dirname(path)} ({kind})")
            if (kind == "tmpfs") != (place == "tmpfs"):
                say(f"warning: that is not what '{place}' is meant to be; choose with --{place} DIR")
        www = os.path.join(memory, "www")
        os.makedirs(www)
        server = stack.enter_context(Nginx(nginx, os.path.join(memory, "nginx"), www))
        say(f"making {arguments.small:,} small files and {arguments.large:,} large ones")
        sets = [
            FileSet("small", www, server.url, arguments.small, (4_096, 12_288), arguments.seed),
            FileSet("large", www, server.url, arguments.large, sizes_around(arguments.large_size), arguments.seed),
        ]
        speed = [settle(places["disk"], arguments.patience)]
        load = [os.getloadavg()[0]]
        runs = rounds(arguments.rounds, contenders, places, sets, memory)
        load.append(os.getloadavg()[0])
        speed.append(microseconds_per_inode(places["disk"]))
        pages = asyncio.run(page_stage(program, arguments, os.path.join(memory, "pages")))
        result = {
            "machine": {
                "cpus": len(os.sched_getaffinity(0)),
                "kernel": platform.release(),
                "fileSystems": {"disk": file_system(arguments.disk), "tmpfs": file_system(arguments.tmpfs)},
                "diskMicrosecondsPerInode": {"before": speed[0], "after": speed[1]},
                "loadBefore": load[0],
                "loadAfter": load[1],
                "memoryFloorBytes": memory_floor(),
            },
            "connections": arguments.connections,
            "sets": [{"name": files.name, "files": len(files.digests), "bytes": files.bytes} for files in sets],
            "programs": {contender.name: contender.version for contender in contenders},
            "runs": runs,
            "pages": pages,
        }
        result["medians"] = medians(runs)
        result["goals"] = goals(result["medians"], runs, pages)
        show(result, arguments.rounds)
        if arguments.output:
            with open(arguments.output, "w", encoding="utf-8") as file:
                json.dump(result, file, indent=2)
                file.write("\n")
    return 1 if arguments.strict and not all(goal["met"] for goal in result["goals"]) else 0


def sizes_around(size):
    return size * 19 // 20, size * 21 // 20


class FileSet:
    """Files of random bytes in one folder of the server: their sizes and digests, and lists of their URLs."""

    def __init__(self, name, www, base_url, count, sizes, seed):
        self.name = name
        self.digests = {}
        self.sizes = {}
        self.url = f"{base_url}/packages/{name}"
        directory = os.path.join(www, "packages", name)
        os.makedirs(directory)
        chance = random.Random(f"{seed} {name}")
        for number in range(count):
            filename = f"bench-{name}-{number:05}.tar.gz"
            size = left = chance.randint(*sizes)
            digest = hashlib.sha256()
            with open(os.path.join(directory, filename), "wb") as file:
                # In pieces, so that this program stays smaller than those that it measures.
                while left:
                    piece = chance.randbytes(min(left, 1 << 20))
                    digest.update(piece)
                    file.write(piece)
                    left -= len(piece)
            self.digests[filename] = digest.hexdigest()
            self.sizes[filename] = size
        self.bytes = sum(self.sizes.values())

    def problem(self, target, with_digests):
        """What is wrong with the files that a program put into a folder, or None."""
        found = {entry.name: entry.stat().st_size for entry in os.scandir(target)}
        if found != self.sizes:
            missing, strange = self.sizes.keys() - found.keys(), found.keys() - self.sizes.keys()
            return f"{len(missing)} files are missing, {len(strange)} are strange, or sizes differ"
        for name, digest in self.digests.items() if with_digests else ():
            with open(os.path.join(target, name), "rb") as file:
                hasher = hashlib.sha256()
                while piece := file.read(1 << 20):
                    hasher.update(piece)
            if hasher.hexdigest() != digest:
                return f"{name} has other bytes"
        return None


class Larder:
    """`larder fetch --urls` with the SHA-256 of each file."""

    name = "larder"

    def __init__(self, program, connections):
        self.program = program
        self.connections = connections
        self.version = first_line([program, "--version"])

    def fetch(self, files, target, scratch):
        urls = os.path.join(scratch, "urls")
        with open(urls, "w", encoding="utf-8") as file:
            for name, digest in files.digests.items():
                file.write(f"{files.url}/{name}#sha256={digest}\n")
        output, errors = os.path.join(scratch, "out"), os.path.join(scratch, "err")
        command = [self.program, "fetch", "--urls", urls, "--directory", target, "--quiet"]
        command += ["--connections", str(self.connections)]
        usage = run(command, output, errors)
        check(usage, command, errors)
        return usage


class Curl:
    """`curl --parallel` with the same URLs; it checks nothing and makes nothing durable."""

    name = "curl -Z"

    def __init__(self, connections):
        self.connections = connections
        self.version = first_line(["curl", "--version"])

    def fetch(self, files, target, scratch):
        configuration = os.path.join(scratch, "curl")
        with open(configuration, "w", encoding="utf-8") as file:
            for name in files.digests:
                file.write(f'url = "{files.url}/{name}"\noutput = "{target}/{name}"\n')
        output, errors = os.path.join(scratch, "out"), os.path.join(scratch, "err")
        command = ["curl", "-q", "--no-progress-meter", "--fail", "--parallel"]
        command += ["--parallel-max", str(self.connections), "-K", configuration]
        usage = run(command, output, errors)
        check(usage, command, errors)
        return usage


def rounds(count, contenders, places, sets, memory):
    """All runs: a list of dictionaries."""
    runs = []
    scratch = os.path.join(memory, "scratch")
    os.makedirs(scratch)
    for number in range(count):
        turn = number % len(contenders)
        for files in sets:
            for place, path in places.items():
                for contender in contenders[turn:] + contenders[:turn]:
                    target = os.path.join(path, f"target-{len(runs)}")
                    os.mkdir(target)
                    os.sync()
                    usage = contender.fetch(files, target, scratch)
                    start = time.monotonic()
                    run(["sync", "-f", target], os.devnull, os.devnull)
                    written = time.monotonic() - start
                    problem = files.problem(target, with_digests=number == 0)
                    if problem:
                        raise Failure(f"what {contender.name} fetched is not complete: {problem}")
                    runs.append(entry(files, contender, place, number, usage, written))
                    # Many files that are removed now would slow down whoever comes next; see settle.
                    if place == "tmpfs" or files.name == "large":
                        shutil.rmtree(target)
    return runs


def entry(files, contender, place, number, usage, written):
    shown = f"{files.name}, {contender.name} on {place}"
    say(f"round {number + 1}: {shown:26} {usage.wall:7.2f} s {usage.cpu:6.2f} s cpu {usage.memory / MB:6.1f} MB")
    return {
        "set": files.name,
        "program": contender.name,
        "place": place,
        "round": number,
        "wall": usage.wall,
        "cpu": usage.cpu,
        "memory": usage.memory,
        "written": written,
    }


def medians(runs):
    groups = {}
    for one in runs:
        groups.setdefault((one["set"], one["place"], one["program"]), []).append(one)
    return [
        {"set": name, "place": place, "program": program}
        | {
            figure: statistics.median(one[figure] for one in group)
            for figure in ("wall", "cpu", "memory", "written")
        }
        for (name, place, program), group in sorted(groups.items(), reverse=True)
    ]


def goals(rows, runs, pages):
    """What larder promises, and what was measured."""
    walls = {(row["set"], row["place"], row["program"]): row for row in rows}
    result = []

    def goal(name, value, unit, bound):
        met = bound is None or value <= bound
        result.append({"goal": name, "value": value, "unit": unit, "bound": bound, "met": met})

    for (name, place), bound in GOALS.items():
        mine, other = walls[name, place, "larder"], walls[name, place, "curl -Z"]
        goal(f"{name} files on {place}: as long as curl -Z", mine["wall"] / other["wall"], "x", bound)
        if place == "disk":
            durable = other["wall"] + other["written"]
            goal("  as long as curl -Z and then sync", mine["wall"] / durable, "x", None)
    most = max(one["memory"] for one in runs if one["program"] == "larder")
    goal("memory, the most in any run", most / MB, "MB", MEMORY_GOAL)
    goal("pages: as long as the upstream must take", pages["seconds"] / pages["ideal"], "x", PAGES_GOAL)
    return result


def show(result, count):
    machine = result["machine"]
    for files in result["sets"]:
        print(f"{files['name']}: {files['files']:,} files, {files['bytes'] / MB:,.1f} MB", end="; ")
    print(
        f"{result['connections']} connections; {machine['cpus']} processors; medians of {count}; "
        f"load {machine['loadBefore']:.1f} before, {machine['loadAfter']:.1f} after"
    )
    for name, version in result["programs"].items():
        print(f"  {name}: {version}")
    print(f"\n{'':8}{'where':>6}  {'':10}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'to disk s':>11}")
    for row in result["medians"]:
        # What lies at the floor was less than what this program itself takes.
        floor = machine["memoryFloorBytes"]
        memory = f"{row['memory'] / MB:.1f}" if row["memory"] > floor else f"<{floor / MB:.0f}"
        print(
            f"{row['set']:8}{row['place']:>6}  {row['program']:10}{row['wall']:9.2f}{row['cpu']:9.2f}{memory:>9}"
            f"{row['written']:11.2f}"
        )
    print("\n'to disk': how long `sync` takes afterwards to write what the program left in memory")
    pages = result["pages"]
    print(
        f"{pages['pages']:,} pages of {pages['delay'] * 1000:.0f} ms over {PAGE_CONNECTIONS} connections: "
        f"{pages['seconds']:.2f} s, at best {pages['ideal']:.2f} s; {pages['peak']} in flight at the most"
    )
    if result["sets"][0]["files"] < 1000:
        print("So few files say little about ratios: what each program takes to start weighs too much.")
    print(f"\n{'goal':46}{'measured':>11}{'bound':>11}")
    for goal in result["goals"]:
        bound = f"<= {goal['bound']} {goal['unit']}" if goal["bound"] else ""
        verdict = "" if goal["met"] else "  MISSED"
        print(f"{goal['goal']:46}{goal['value']:8.2f} {goal['unit']:2}{bound:>11}{verdict}")


# Pages that take a while.


async def page_stage(program, arguments, directory):
    """A sync of projects without files, each page of which is answered after a delay."""
    os.makedirs(directory)
    names = [project_name(number) for number in range(arguments.pages)]
    listed = [{"name": name, "_last-serial": number + 1} for number, name in enumerate(names)]
    answers = {"/simple/": compact({"meta": {"_last-serial": len(names), "api-version": "1.1"}, "projects": listed})}
    for number, name in enumerate(names):
        page = {"meta": {"_last-serial": number + 1, "api-version": "1.1"}, "name": name, "files": [], "versions": []}
        answers[f"/simple/{name}/"] = compact(page)
    pages = Pages(answers, arguments.delay)
    server = await asyncio.get_running_loop().create_server(lambda: PageConnection(pages), "127.0.0.1", 0, backlog=256)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/simple/"
        root = os.path.join(directory, "mirror")
        await run_beside(program, ["init", root, "--upstream", url, "--all"], directory)
        set_connections(os.path.join(root, "larder.toml"), PAGE_CONNECTIONS)
        say(f"syncing {len(names):,} pages of {arguments.delay * 1000:.0f} ms")
        output = await run_beside(program, ["sync", "--root", root, "--json", "--progress", "none"], directory)
    answer = report(output, "larder sync")
    if answer["outcome"] != "complete" or pages.answered != len(names):
        raise Failure(f"the sync is {answer['outcome']}, and {pages.answered:,} of {len(names):,} pages were answered")
    return {
        "pages": len(names),
        "delay": arguments.delay,
        "seconds": pages.last - pages.first,
        "ideal": len(names) * arguments.delay / PAGE_CONNECTIONS,
        "peak": pages.peak,
    }
