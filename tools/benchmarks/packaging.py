"""How fast versions are read and compared, specifiers and tags matched, beside Python's `packaging` for the same.

100,000 versions of shapes as they are in use, from a seed; each figure is the best of ten rounds on one core. The goal is
a million versions a second that are read and compared with another.
"""

import json
import random
import subprocess
import sys
import time

from differentials import running

from .running import Failure

GOAL = 1_000_000
KEYS = ("parse", "compare", "parse and compare", "contains", "accepts")


def add_command(commands):
    parser = commands.add_parser("packaging", help="versions, specifiers and tags beside Python's", description=__doc__)
    parser.add_argument("--driver", metavar="PROGRAM", help="the PackagingDriver to measure (else it is built)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="writes all figures there")
    parser.add_argument("--strict", action="store_true", help="exits 1 when the goal is missed")
    parser.add_argument("--smoke", action="store_true", help="2,000 versions")
    parser.set_defaults(run=measure)


def measure(arguments):
    texts = versions(arguments.seed, 2_000 if arguments.smoke else 100_000)
    try:
        version, theirs = running.library("26.3"), None
        theirs = python(texts)
    except running.Failure as failure:
        version, theirs = None, {}
        print(f"bench: without Python's packaging: {failure}", file=sys.stderr)
    try:
        program = running.driver(arguments.driver)
    except running.Failure as failure:
        raise Failure(str(failure)) from None
    done = subprocess.run([program, "--speed"], input="\n".join(texts), stdout=subprocess.PIPE, text=True, check=True)
    ours = json.loads(done.stdout)
    print(f"{'':20} {'ours':>12} {'a second':>14}   packaging {version}")
    for key in KEYS:
        line = f"{key:20} {ours[key]:9.0f} ns {1e9 / ours[key]:14,.0f}"
        if theirs.get(key):
            line += f"   {theirs[key]:9,.0f} ns, {theirs[key] / ours[key]:.1f} times as long"
        print(line)
    rate = 1e9 / ours["parse and compare"]
    print(f"goal: {GOAL:,} versions read and compared a second: {'met' if rate >= GOAL else 'MISSED'}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"ours": ours, "packaging": theirs}, file, indent=1)
    return 1 if arguments.strict and rate < GOAL else 0


def versions(seed, count):
    """Mostly two or three numbers; one in five with something behind."""
    chance = random.Random(seed)
    texts = []
    for _ in range(count):
        text = ".".join(str(int(chance.expovariate(0.15))) for _ in range(chance.choice([2, 3, 3, 3, 3, 4])))
        if chance.random() < 0.05:
            text = f"{chance.randrange(2015, 2027)}.{chance.randrange(1, 13)}.{chance.randrange(1, 29)}"
        if chance.random() < 0.2:
            text += chance.choice(["a{}", "b{}", "rc{}", ".post{}", ".dev{}", "rc{}.dev1", "+cu{}"]).format(chance.randrange(30))
        texts.append(text)
    return texts


def python(texts):
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    parsed = [Version(text) for text in texts]
    last, specifiers = parsed[-1], SpecifierSet(">=1.2,!=1.5.*,<3")
    bodies = {
        "parse": lambda: sum(1 for text in texts if Version(text)),
        "compare": lambda: sum(1 for left, right in zip(parsed, parsed[1:]) if left < right),
        "parse and compare": lambda: sum(1 for text in texts if Version(text) < last),
        "contains": lambda: sum(1 for version in parsed if specifiers.contains(version)),
    }
    return {key: best(body) / len(texts) for key, body in bodies.items()}


def best(body):
    """Nanoseconds, in the best of three rounds."""
    times = []
    for _ in range(3):
        start = time.perf_counter_ns()
        body()
        times.append(time.perf_counter_ns() - start)
    return min(times)
