"""How fast `larder verify --content` rehashes objects, beside `openssl dgst -sha256` run by `xargs -P`.

Two sets of files: some 2 GB in files of about 40 MB, and 10,000 files of about 8 KB. Each is a mirror of its own, synced
from a folder. Both programs read the same objects from a cold page cache, in turns, with as many processes as larder has
threads. A round in which they are compared has both; the ratio is the median over the rounds.
"""

import hashlib
import json
import os
import random
import shutil
import statistics

from .running import PACKAGE, Failure, folder, larder_program, memory_floor, report, run, say, tail

GOAL = 0.85
MEMORY = 100_000_000


def add_command(commands):
    parser = commands.add_parser("verify", help="rehashing beside openssl dgst under xargs -P", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
    parser.add_argument("--disk", default=os.path.join(PACKAGE, ".build"), metavar="DIR", help="where the mirrors go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="writes all figures there")
    parser.add_argument("--strict", action="store_true", help="exits 1 when a goal is missed")
    parser.add_argument("--smoke", action="store_true", help="80 MB and 500 small files, one round")
    parser.set_defaults(run=measure)


def measure(arguments):
    sets = [("large", 50, 40_000_000), ("small", 10_000, 8_000)]
    if arguments.smoke:
        sets = [("large", 4, 20_000_000), ("small", 500, 8_000)]
        arguments.rounds = 1
    for program in ("openssl", "xargs"):
        if shutil.which(program) is None:
            raise Failure(f"{program} is not installed; run: tools/packages install bench")
    larder = larder_program(arguments.larder)
    results = []
    with folder(arguments.disk) as directory:
        for name, count, size in sets:
            root = make_mirror(larder, directory, name, count, size, arguments.seed)
            results.append(compare(larder, directory, name, root, arguments.rounds))
            shutil.rmtree(root)
    missed = show(results)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 1 if arguments.strict and missed else 0


def threads():
    """As many as larder hashes with, see ContentLanes."""
    return min(32, max(8, 4 * os.sysconf("SC_NPROCESSORS_ONLN")))


def make_mirror(larder, directory, name, count, size, seed):
    """Syncs a mirror of `count` files of about `size` bytes from a folder, and removes the folder."""
    say(f"making {count:,} files of about {size:,} bytes")
    index = os.path.join(directory, f"{name}-index")
    chance = random.Random(f"{seed} {name}")
    per_project = 1000
    for first in range(0, count, per_project):
        project = f"bench-{name}-{first // per_project}"
        page = os.path.join(index, "simple", project)
        os.makedirs(page)
        files = []
        for number in range(first, min(count, first + per_project)):
            filename = f"{project.replace('-', '_')}-1.{number}.tar.gz"
            total = size + chance.randrange(size // 8)
            digest = write_random(os.path.join(page, filename), total, chance)
            files.append({"filename": filename, "url": filename, "size": total, "hashes": {"sha256": digest}})
        page_file = os.path.join(page, "index.v1_json")
        with open(page_file, "w", encoding="utf-8") as file:
            json.dump({"meta": {"api-version": "1.0"}, "name": project, "files": files}, file)
    names = sorted(os.listdir(os.path.join(index, "simple")))
    with open(os.path.join(index, "simple", "index.v1_json"), "w", encoding="utf-8") as file:
        json.dump({"meta": {"api-version": "1.0"}, "projects": [{"name": name} for name in names]}, file)
    root = os.path.join(directory, f"{name}-mirror")
    scratch = os.path.join(directory, "out"), os.path.join(directory, "err")
    for command in (
        ["init", root, "--upstream", f"file://{index}/simple/", "--all"],
        ["sync", "--root", root, "--json", "--progress", "none"],
    ):
        if run([larder, *command], *scratch).code != 0:
            raise Failure(f"larder {command[0]} fails: {tail(scratch[1])}")
    shutil.rmtree(index)
    return root


def write_random(path, total, chance):
    """Writes a file piece by piece, since the memory of this program is the least that is measured of others."""
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        while total > 0:
            piece = chance.randbytes(min(total, 1 << 20))
            digest.update(piece)
            file.write(piece)
            total -= len(piece)
    return digest.hexdigest()


def compare(larder, directory, name, root, rounds):
    output, errors = os.path.join(directory, "out"), os.path.join(directory, "err")
    paths = []
    for parent, _, names in os.walk(os.path.join(root, "objects")):
        paths += [os.path.join(parent, name) for name in names]
    size = sum(os.stat(path).st_size for path in paths)
    paths.sort()
    processes = threads()
    # Enough at a time that starting programs is no cost, and few enough that all processes have some.
    batch = max(1, min(500, len(paths) // (2 * processes)))
    listed = os.path.join(directory, "paths")
    with open(listed, "w", encoding="utf-8") as file:
        file.write("".join(path + "\n" for path in paths))
    runs = []
    for number in range(rounds):
        # In turns, so that neither has the better moments.
        order = ["larder", "openssl"] if number % 2 == 0 else ["openssl", "larder"]
        entry = {}
        for program in order:
            forget(paths)
            if program == "larder":
                command = [larder, "verify", "--root", root, "--content", "--json", "--progress", "none"]
                usage = run(command, output, errors)
                answer = report(output, "larder verify")
                if usage.code != 0 or answer["checked"]["bytes"] != size:
                    raise Failure(f"larder verify exits {usage.code}: {tail(errors)}")
                entry["memory"] = usage.memory
            else:
                words = ["xargs", "-a", listed, "-P", str(processes), "-n", str(batch), "openssl", "dgst", "-sha256"]
                usage = run(words, output, errors)
                with open(output, "rb") as file:
                    lines = file.read().count(b"\n")
                if usage.code != 0 or lines != len(paths):
                    raise Failure(f"openssl dgst exits {usage.code}: {tail(errors)}")
            entry[program] = {"wall": usage.wall, "cpu": usage.cpu, "rate": size / usage.wall}
        entry["ratio"] = entry["openssl"]["wall"] / entry["larder"]["wall"]
        runs.append(entry)
    return {"set": name, "files": len(paths), "bytes": size, "processes": processes, "runs": runs}


def forget(paths):
    """Takes the files, which a sync made durable, out of the page cache: all of it as root, else file by file."""
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("3\n")
        return
    except OSError:
        pass
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def show(results):
    """Prints the medians. Returns whether a goal is missed."""
    missed = False
    for result in results:
        runs = result["runs"]
        print(f"{result['set']}: {result['files']:,} files, {result['bytes'] / 1e6:,.0f} MB, {len(runs)} rounds")
        for program in ("larder", "openssl"):
            wall = statistics.median(entry[program]["wall"] for entry in runs)
            cpu = statistics.median(entry[program]["cpu"] for entry in runs)
            rate = statistics.median(entry[program]["rate"] for entry in runs)
            label = program if program == "larder" else f"openssl, {result['processes']} processes"
            print(f"  {label:24} {wall:7.2f} s   {rate / 1e6:7.0f} MB/s   {cpu:6.2f} s of processors")
        ratios = sorted(entry["ratio"] for entry in runs)
        ratio = statistics.median(ratios)
        memory = max(entry["memory"] for entry in runs)
        result |= {"ratio": ratio, "memory": memory}
        met = ratio >= GOAL
        print(
            f"  ratio of rates           {ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), "
            f"goal >= {GOAL}{'' if met else ', MISSED'}"
        )
        small = memory < MEMORY
        print(f"  memory of larder         {memory / 1e6:.0f} MB, goal < {MEMORY / 1e6:.0f} MB{'' if small else ', MISSED'}")
        missed |= not met or not small
    if memory_floor() > MEMORY:
        print("  (memory is never less than what this program holds itself)")
    return missed
