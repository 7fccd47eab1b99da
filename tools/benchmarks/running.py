"""Running programs: measured, with nothing left behind; and an nginx of our own."""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


class Failure(Exception):
    """What ends a benchmark, in one line."""


@dataclasses.dataclass
class Usage:
    """What a program took: seconds of wall and processor time, bytes of memory at its peak."""

    wall: float
    cpu: float
    memory: int
    code: int

    def __add__(self, other):
        return Usage(
            self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory), self.code or other.code
        )


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def environment():
    """Ours without proxies, which would stand between the programs and the loopback interface."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return kept | {"LC_ALL": "C.UTF-8"}


class Memory(threading.Thread):
    """Samples what a process and its children hold for themselves, and keeps the largest sum."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.peak = 0
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.01):
            self.peak = max(self.peak, self.held(self.process.pid))

    def end(self):
        """Takes no more samples, when the process has ended. Returns the peak in bytes."""
        self.ended.set()
        self.join()
        return self.peak

    def held(self, number):
        try:
            with open(f"/proc/{number}/status", encoding="ascii", errors="replace") as file:
                held = sum(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))
            children = []
            for task in os.listdir(f"/proc/{number}/task"):
                with open(f"/proc/{number}/task/{task}/children", encoding="ascii") as file:
                    children += file.read().split()
        except OSError:
            return 0
        return held + sum(self.held(int(child)) for child in children)


def run(command, output, errors, timeout=3600, sampled=False):
    """Runs a program to its end and measures it. Its output and errors go to these paths.

    The memory is never less than what this program itself held at its peak: Linux counts that before exec. See
    `memory_floor`. With `sampled` it is what belongs to the program alone, the largest of samples.
    """
    with open(output, "wb") as out, open(errors, "wb") as err:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment())
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        memory = Memory(process) if sampled else None
        try:
            _, status, used = os.wait4(process.pid, 0)
            wall = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            timer.cancel()
            if process.returncode is None:
                process.kill()
                process.wait()
    peak = memory.end() if memory else used.ru_maxrss * 1024
    return Usage(wall, used.ru_utime + used.ru_stime, peak, process.returncode)


def memory_floor():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def tail(path, lines=15):
    with open(path, "rb") as file:
        return b"\n".join(file.read()[-20_000:].splitlines()[-lines:]).decode(errors="replace")


@contextlib.contextmanager
def folder(parent):
    """A new folder, removed at the end with whatever it holds."""
    os.makedirs(parent, exist_ok=True)
    path = tempfile.mkdtemp(prefix="larder-bench.", dir=parent)
    try:
        yield path
    finally:
        # Hundreds of thousands of files can take minutes; whoever ends this must not cut it short.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            say(f"removing {path}")
            subprocess.run(["rm", "-rf", path], check=False)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)


def larder_program(given):
    """The release to measure: the one named, else the one that is built now."""
    if given:
        if not os.access(given, os.X_OK):
            raise Failure(f"{given} is not a program")
        return os.path.realpath(given)
    say("building the release of larder (name a program with --larder to skip this)")
    build = ["swift", "build", "--package-path", PACKAGE, "--configuration", "release", "--static-swift-stdlib"]
    if subprocess.run(build + ["--product", "larder"], stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
        raise Failure("larder does not build")
    shown = subprocess.run(build + ["--show-bin-path"], stdout=subprocess.PIPE, check=True, text=True)
    return os.path.join(shown.stdout.strip(), "larder")


def report(path, program):
    """The JSON object that larder printed."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure(f"{program} did not print one JSON object ({error}): {text[:200]!r}") from None


def make_corpus(directory, projects, base_url, seed):
    """Makes the index, in a process of its own so that this one stays small. Returns its summary."""
    bench = os.path.join(PACKAGE, "tools", "bench")
    command = [sys.executable, bench, "corpus", directory, "--projects", str(projects), "--base-url", base_url]
    made = subprocess.run(command + ["--seed", str(seed)], stdout=subprocess.PIPE, check=False)
    if made.returncode != 0:
        raise Failure("the index could not be made")
    return json.loads(made.stdout)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Nginx:
    """Serves `www` as a package index does, without a log, on a free port of the loopback interface.

    Files whose names begin with `paced` come as over a line: so many of them a second, and no more.
    """

    PACE = 1_000

    def __init__(self, program, directory, www):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.errors = os.path.join(directory, "errors")
        os.makedirs(directory)
        configuration = os.path.join(directory, "nginx.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(self._configuration(port, www))
        command = [program, "-p", directory, "-e", self.errors, "-c", configuration]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment())
        for _ in range(200):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                self.requests()
                return
            time.sleep(0.02)
        self.close()
        raise Failure("nginx does not start: " + tail(self.errors))

    @staticmethod
    def program():
        found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if found is None:
            raise Failure("nginx is not installed; run: tools/packages install bench")
        return found

    def requests(self):
        """How many requests were answered so far, this one not counted."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + "/answered", timeout=5) as answer:
            total = int(answer.read().split(b"\n")[2].split()[2])
        self._own = getattr(self, "_own", 0) + 1
        return total - self._own

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _configuration(port, www):
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"    {kind}_temp_path {kind};\n" for kind in kinds)
        return f"""{"user root;" if os.getuid() == 0 else ""}
daemon off;
worker_processes auto;
pid nginx.pid;
error_log errors;
events {{ worker_connections 1024; }}
http {{
    access_log off;
{temporary}
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    keepalive_timeout 75s;
    map $http_accept $page {{
        default html;
        "~application/vnd\\.pypi\\.simple\\.(v1|latest)\\+json" v1_json;
    }}
    limit_req_zone $server_port zone=paced:1m rate={Nginx.PACE}r/s;
    server {{
        listen 127.0.0.1:{port};
        location ~ /paced[^/]*$ {{ root {www}; limit_req zone=paced burst=100000; }}
        root {www};
        location = /simple {{ return 301 /simple/; }}
        location /simple/ {{
            index index.$page;
            types {{ application/vnd.pypi.simple.v1+json v1_json; text/html html; }}
            add_header Vary Accept;
        }}
        location /packages/ {{
            types {{ }}
            default_type application/octet-stream;
        }}
        # Whoever asks for a project is told that what it gets is newer than anything it knows of.
        location /pypi/ {{
            types {{ }}
            default_type application/json;
            add_header X-PyPI-Last-Serial 999999999;
        }}
        location = /answered {{ stub_status; }}
    }}
}}
"""
