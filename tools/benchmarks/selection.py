"""How long it takes to decide which files of a project are kept, with every kind of rule there is.

A project of 1,500 releases with 6,000 files, and one of 10 releases as most are; each figure is processor time, the best
of twenty rounds on one core. The goal is a millisecond for a project, over a mirror of 10,000 projects of which one is
large; whether the large one meets it too is told beside.
"""

import json
import subprocess

from differentials import running

from .running import Failure

GOAL = 1_000


def add_command(commands):
    parser = commands.add_parser("selection", help="deciding which files are kept", description=__doc__)
    parser.add_argument("--driver", metavar="PROGRAM", help="the SelectionDriver to measure (else it is built)")
    parser.add_argument("--json", metavar="FILE", help="writes all figures there")
    parser.add_argument("--strict", action="store_true", help="exits 1 when the goal is missed")
    parser.add_argument("--smoke", action="store_true", help="the same; it takes a second")
    parser.set_defaults(run=measure)


def measure(arguments):
    try:
        program = running.driver(arguments.driver, product="SelectionDriver")
    except running.Failure as failure:
        raise Failure(str(failure)) from None
    figures = json.loads(subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout)
    for name, value in figures.items():
        unit = "" if name.startswith("files") else " microseconds"
        print(f"{name:28} {value:10,.0f}{unit}")
    mean = (figures["10 releases"] * 9_999 + figures["1,500 releases"]) / 10_000
    print(f"{'mean of 10,000 projects':28} {mean:10,.0f} microseconds")
    large = [f"{name}: {met(value)}" for name, value in figures.items() if name.startswith("1,500 releases")]
    print(f"goal: {GOAL:,} microseconds a project: {met(mean)} ({'; '.join(large)})")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    return 1 if arguments.strict and mean > GOAL else 0


def met(value):
    return "met" if value <= GOAL else "MISSED"
