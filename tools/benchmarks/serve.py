"""What larder serve does beside nginx on the same tree, and what a file costs that it has to fetch first.

A mirror whose files come on demand: its sync is timed. Then, in turns: files of 8 KB and one of 40 MB that are here, from
nginx and from larder serve, each on one processor, asked for by wrk on another; files that are not here, by 64 clients
(curl -Z), from the upstream itself and through larder serve, once where it answers at once and once where it gives 1,000
of them a second, as a line of 400 Mbit does; and one large file that is not here, by many clients at once.
The goals are 40 % of nginx's requests and 80 % of its bytes a second, 1.5 times the upstream's own time, and one request
upstream in less than 150 MB.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from .running import Failure, Memory, Nginx, environment, free_port, larder_program, say

GOALS = {"requests": 0.4, "bytes": 0.8, "fetched": 1.5}


def add_command(commands):
    parser = commands.add_parser("serve", help="larder serve beside nginx, and files on demand", description=__doc__)
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
    parser.add_argument("--projects", type=int, default=5_000, metavar="N", help="projects with one file of 50 KB each")
    parser.add_argument("--files", type=int, default=2_000, metavar="N", help="how many of these are fetched")
    parser.add_argument("--clients", type=int, default=1_000, metavar="N", help="who ask for one large file at once")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="how long wrk asks each time")
    parser.add_argument("--directory", metavar="DIR", help="where to work (else a temporary folder)")
    parser.add_argument("--strict", action="store_true", help="exits 1 when a goal is missed")
    parser.add_argument("--smoke", action="store_true", help="100 projects, one round of a second")
    parser.set_defaults(run=measure)


def measure(arguments):
    if arguments.smoke:
        arguments.projects, arguments.files, arguments.clients = 100, 60, 50
        arguments.rounds, arguments.seconds = 1, 1
    if shutil.which("wrk") is None:
        raise Failure("wrk is not installed; run: tools/packages install bench")
    program = larder_program(arguments.larder)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="larder-bench-", dir=arguments.directory))
        missed = Serving(program, folder, stack, arguments).measure()
    return 1 if arguments.strict and missed else 0


class Serving:
    """An upstream, a mirror of it, and the servers of both."""

    def __init__(self, program, folder, stack, arguments):
        self.program, self.folder, self.stack, self.arguments = program, folder, stack, arguments
        self.www = os.path.join(folder, "www")
        self.mirror = os.path.join(folder, "mirror")
        self.missed = []

    def measure(self):
        count = self.arguments.projects
        say(f"making an index of {count:,} projects")
        listed = [self.project(f"cold-{number:05}", 50_000) for number in range(count)]
        listed += [self.project(f"paced-{number:05}", 50_000) for number in range(self.arguments.files)]
        listed += [self.project(f"small-{number:03}", 8_192) for number in range(100)]
        listed += [self.project("large", 40_000_000), self.project("huge", 100_000_000)]
        root = {"meta": {"api-version": "1.1", "_last-serial": 1}, "projects": listed}
        self.put("simple/index.v1_json", json.dumps(root).encode())
        upstream = self.stack.enter_context(Nginx(Nginx.program(), os.path.join(self.folder, "upstream"), self.www))
        self.larder("init", self.mirror, "--upstream", f"{upstream.url}/simple/", "--all")
        self.configure('files = "on-demand"')
        start = time.monotonic()
        self.larder("sync", "--root", self.mirror)
        print(f"sync of {len(listed):,} projects, no file: {time.monotonic() - start:.2f} s")
        warm = ["large"] + [f"small-{number:03}" for number in range(100)]
        self.larder("sync", "--fill", *warm, "--root", self.mirror)
        self.warm()
        port = free_port()
        self.start(port, "--on-demand")
        self.cold(upstream, port, "cold", "answers at once")
        self.cold(upstream, port, "paced", f"gives {Nginx.PACE:,} a second")
        self.crowd(upstream)
        return self.missed

    # What is here.

    def warm(self):
        nginx, own = free_port(), free_port()
        layout = subprocess.run(
            [self.program, "layout", "nginx", "--listen", f"127.0.0.1:{nginx}", "--root", self.mirror],
            stdout=subprocess.PIPE, check=True, text=True,
        ).stdout
        self.start_nginx(layout)
        self.start(own, "--threads", "1", pinned=True)
        small = [self.path(f"small-{number:03}") for number in range(100)]
        for label, paths, clients, unit in (
            ("requests", small, 64, "Requests/sec"), ("bytes", [self.path("large")], 8, "Transfer/sec"),
        ):
            ratios, figures = [], []
            for _ in range(self.arguments.rounds):
                of_nginx = self.wrk(nginx, paths, clients, unit)
                of_larder = self.wrk(own, paths, clients, unit)
                ratios.append(of_larder / of_nginx)
                figures.append((of_nginx, of_larder))
            middle = statistics.median(ratios)
            name = "files of 8 KB, requests a second" if label == "requests" else "a file of 40 MB, MB a second"
            scale = 1 if label == "requests" else 1e6
            for of_nginx, of_larder in figures:
                print(f"  {name}: nginx {of_nginx / scale:,.0f}, larder serve {of_larder / scale:,.0f}")
            self.judge(f"{name}, of nginx's", middle, GOALS[label], middle >= GOALS[label], ratios)

    def start_nginx(self, layout):
        folder = os.path.join(self.folder, "front")
        os.makedirs(folder)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"{kind}_temp_path {kind}; " for kind in kinds)
        user = "user root; " if os.getuid() == 0 else ""
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(f"{user}daemon off; worker_processes 1; pid pid; error_log errors;\n"
                       "events { worker_connections 4096; }\n"
                       f"http {{ access_log off; {temporary} sendfile on; keepalive_requests 1000000;\n{layout}\n}}\n")
        self.started(pinned([Nginx.program(), "-p", folder, "-e", os.path.join(folder, "errors"), "-c",
                             os.path.join(folder, "nginx.conf")], 0))

    def wrk(self, port, paths, clients, unit):
        script = os.path.join(self.folder, "paths.lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write("local paths = {" + ",".join(json.dumps(path) for path in paths) + "}\nlocal n = 0\n"
                       "request = function() n = n % #paths + 1 return wrk.format('GET', paths[n]) end\n")
        ended = subprocess.run(
            pinned(["wrk", "-t1", f"-c{clients}", f"-d{self.arguments.seconds}s", "-s", script,
                    f"http://127.0.0.1:{port}"], 1),
            stdout=subprocess.PIPE, check=True, text=True,
        )
        if "Non-2xx" in ended.stdout:
            raise Failure("wrk got errors: " + ended.stdout)
        value = next(line.split()[1] for line in ended.stdout.splitlines() if line.startswith(unit))
        for suffix, factor in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1), ("k", 1_000)):
            if value.endswith(suffix):
                return float(value.removesuffix(suffix)) * factor
        return float(value)

    # What is not.

    def cold(self, upstream, port, kind, pace):
        ratios = []
        share = self.arguments.files // self.arguments.rounds
        for number in range(self.arguments.rounds):
            names = [f"{kind}-{place:05}" for place in range(number * share, (number + 1) * share)]
            direct = self.curl([f"{upstream.url}/packages/{self.place(name)}" for name in names])
            before = upstream.requests()
            through = self.curl([f"http://127.0.0.1:{port}{self.path(name)}" for name in names])
            asked = upstream.requests() - before
            if asked != len(names):
                raise Failure(f"{asked} requests upstream for {len(names)} files")
            print(f"  {share:,} files of 50 KB, 64 clients: upstream, which {pace}, itself {direct:.2f} s, on demand {through:.2f} s")
            ratios.append(through / direct)
        middle = statistics.median(ratios)
        self.judge(f"files on demand, times the upstream's own, which {pace}", middle, GOALS["fetched"], middle <= GOALS["fetched"], ratios)

    def curl(self, urls):
        listing = os.path.join(self.folder, "urls")
        with open(listing, "w", encoding="utf-8") as file:
            file.writelines(f'url = "{url}"\noutput = "/dev/null"\n' for url in urls)
        start = time.monotonic()
        command = ["curl", "-sSf", "-Z", "--parallel-immediate", "--parallel-max", "64", "--no-progress-meter"]
        subprocess.run(command + ["-K", listing], check=True, env=environment())
        return time.monotonic() - start

    def crowd(self, upstream):
        self.configure('bytes-per-second = "20MB"', "[upstream]")
        port = free_port()
        process = self.start(port, "--on-demand")
        memory, before = Memory(process), upstream.requests()
        script = os.path.join(self.folder, "huge.lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"request = function() return wrk.format('GET', {json.dumps(self.path('huge'))}) end\n")
        clients = self.arguments.clients
        subprocess.run(["wrk", "-t1", f"-c{clients}", "-d15s", "--timeout", "60s", "-s", script,
                        f"http://127.0.0.1:{port}"], stdout=subprocess.DEVNULL, check=True)
        asked, peak = upstream.requests() - before, memory.end()
        print(f"  one file of 100 MB, {clients:,} clients: {asked} request upstream, {peak / 1e6:.0f} MB of memory")
        self.judge("requests upstream", asked, 1, asked == 1)
        self.judge("memory in MB", peak / 1e6, 150, peak < 150e6)

    # Making and starting.

    def project(self, name, size):
        data = hashlib.sha256(name.encode()).digest() * (size // 32 + 1)
        digest = hashlib.sha256(data[:size]).hexdigest()
        self.put(f"packages/{self.place(name)}", data[:size])
        page = {"meta": {"api-version": "1.1", "_last-serial": 1}, "name": name, "versions": ["1.0"],
                "files": [{"filename": self.filename(name), "url": f"../../packages/{self.place(name)}", "size": size,
                           "hashes": {"sha256": digest}}]}
        self.put(f"simple/{name}/index.v1_json", json.dumps(page).encode())
        return {"name": name, "_last-serial": 1}

    def filename(self, name):
        return f"{name.replace('-', '_')}-1.0.tar.gz"

    def place(self, name):
        digest = hashlib.blake2b(name.encode(), digest_size=32).hexdigest()
        return f"{digest[:2]}/{digest[2:4]}/{digest[4:]}/{self.filename(name)}"

    def path(self, name):
        return f"/packages/{self.place(name)}"

    def put(self, path, data):
        path = os.path.join(self.www, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def configure(self, line, table="[select]"):
        path = os.path.join(self.mirror, "larder.toml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(f"{table}\n", f"{table}\n{line}\n", 1))

    def larder(self, *arguments):
        ended = subprocess.run([self.program, *arguments, "--quiet"], stdin=subprocess.DEVNULL, check=False)
        if ended.returncode:
            raise Failure(f"{' '.join(arguments[:3])} ended with {ended.returncode}")

    def start(self, port, *arguments, pinned=False):
        command = [self.program, "serve", "--root", self.mirror, "--listen", f"127.0.0.1:{port}", "--quiet", *arguments]
        process = self.started(globals()["pinned"](command, 0) if pinned else command)
        for _ in range(200):
            if subprocess.run(["curl", "-so", "/dev/null", f"http://127.0.0.1:{port}/simple/"], check=False).returncode == 0:
                return process
            time.sleep(0.05)
        raise Failure("larder serve does not answer")

    def started(self, command):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment())
        self.stack.callback(stop, process)
        time.sleep(0.3)
        return process

    def judge(self, name, value, goal, is_met, ratios=()):
        span = f" ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
        print(f"goal: {name} {value:.2f}{span}, goal {goal:g}: {'met' if is_met else 'MISSED'}")
        if not is_met:
            self.missed.append(name)


def stop(process):
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()
    process.wait()


def pinned(command, processor):
    """The command on one processor, where there are two."""
    return ["taskset", "-c", str(processor), *command] if (os.cpu_count() or 1) > 1 else command
