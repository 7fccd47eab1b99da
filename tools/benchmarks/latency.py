"""How well larder hides the upstream's latency: a server answers every page after 200 ms and counts those in flight.

Files are answered at once. The mean is taken from the first page's request to the last page's answer.
"""

import asyncio
import contextlib
import os
import re
import time

from .corpus import JSON_TYPE
from .running import PACKAGE, Failure, environment, folder, larder_program, make_corpus, report, say, tail

CONNECTIONS = 20
GOAL = 16


def add_command(commands):
    parser = commands.add_parser("latency", help="pages in flight while each takes 200 ms", description=__doc__)
    parser.add_argument("--projects", type=int, default=1000, metavar="N")
    parser.add_argument("--delay", type=float, default=0.2, metavar="SECONDS", help="for each page (0.2)")
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
    parser.add_argument("--disk", default=os.path.join(PACKAGE, ".build"), metavar="DIR", help="where the mirror goes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--strict", action="store_true", help="exits 1 when the goal is missed")
    parser.add_argument("--smoke", action="store_true", help="200 projects")
    parser.set_defaults(run=measure)


def measure(arguments):
    if arguments.smoke:
        arguments.projects = 200
    program = larder_program(arguments.larder)
    with folder(arguments.disk) as directory:
        return asyncio.run(measure_with(program, arguments, directory))


async def measure_with(program, arguments, directory):
    server = Server(os.path.join(directory, "index", "www"), arguments.delay)
    async with server.listening() as url:
        summary = await asyncio.to_thread(
            make_corpus, os.path.join(directory, "index"), arguments.projects, url, arguments.seed
        )
        root = os.path.join(directory, "mirror")
        await larder(program, ["init", root, "--upstream", url + "/simple/", "--all"], directory)
        set_connections(os.path.join(root, "larder.toml"))
        say(f"syncing {arguments.projects:,} projects, {arguments.delay * 1000:.0f} ms a page")
        start = time.monotonic()
        output = await larder(program, ["sync", "--root", root, "--json", "--progress", "none"], directory)
        wall = time.monotonic() - start
        answer = report(output, "larder sync")
    if answer["outcome"] != "complete" or server.files_answered != summary["files"] + summary["sidecars"]:
        raise Failure(
            f"the sync is {answer['outcome']} with {server.files_answered} of "
            f"{summary['files'] + summary['sidecars']} files and sidecars asked for"
        )
    mean, peak, span = server.pages_in_flight()
    ideal = arguments.projects * arguments.delay / CONNECTIONS
    met = mean >= GOAL
    print(
        f"{arguments.projects:,} pages of {arguments.delay * 1000:.0f} ms over {CONNECTIONS} connections, "
        f"and {server.files_answered:,} files"
    )
    print(f"  pages in flight   mean {mean:.1f} (goal >= {GOAL}{'' if met else ', MISSED'}), peak {peak}")
    print(f"  all pages took    {span:.2f} s (ideal {ideal:.2f} s)")
    print(f"  the sync took     {wall:.2f} s, over {server.connections} connections")
    return 1 if arguments.strict and not met else 0


def set_connections(path, connections=CONNECTIONS):
    """Sets the number of connections in larder.toml."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"(?m)^connections(-per-host)? *=.*\n", "", text)
    text, found = re.subn(r"(?m)^\[upstream\]\n", f"[upstream]\nconnections = {connections}\n", text)
    if found != 1:
        raise Failure(f"{path} has no table [upstream]")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


async def larder(program, arguments, directory):
    """Runs larder to its end beside the server, and returns the path of what it printed."""
    output, errors = os.path.join(directory, "out"), os.path.join(directory, "err")
    with open(output, "wb") as out, open(errors, "wb") as err:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=err, env=environment()
        )
        try:
            code = await asyncio.wait_for(process.wait(), 600)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    if code != 0:
        raise Failure(f"larder {' '.join(arguments)} exits {code}: {tail(errors)}")
    return output


class Server:
    """An HTTP/1.1 server that keeps connections open and answers one request after the other on each."""

    def __init__(self, www, delay):
        self.www = www
        self.delay = delay
        self.connections = 0
        self.files_answered = 0
        self._changes = []
        self._open = set()

    @contextlib.asynccontextmanager
    async def listening(self):
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=1 << 16, backlog=256)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in list(self._open):
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    def pages_in_flight(self):
        """The mean and the peak, and the seconds from the first page's request to the last page's answer."""
        if not self._changes:
            raise Failure("no page was asked for")
        current = peak = 0
        area = 0.0
        last = self._changes[0][0]
        for moment, step in self._changes:
            area += current * (moment - last)
            current, last = current + step, moment
            peak = max(peak, current)
        span = last - self._changes[0][0]
        return area / span, peak, span

    async def _connection(self, reader, writer):
        self._open.add(asyncio.current_task())
        self.connections += 1
        try:
            while await self._request(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(asyncio.current_task())
            writer.close()

    async def _request(self, reader, writer):
        """Answers one request; tells whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, version = head[0].split(" ")
        fields = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        await reader.readexactly(int(fields.get("content-length", 0)))
        keep = version == "HTTP/1.1" and fields.get("connection", "").lower() != "close"
        is_page = target.startswith("/simple/") and target != "/simple/"
        if is_page:
            self._changes.append((time.monotonic(), 1))
        try:
            if target.startswith("/simple/"):
                await asyncio.sleep(self.delay)
            status, headers, body = self._answer(method, target, fields)
        finally:
            if is_page:
                self._changes.append((time.monotonic(), -1))
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        if not keep:
            lines.append("Connection: close")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + (b"" if method == "HEAD" else body))
        await writer.drain()
        return keep

    def _answer(self, method, target, fields):
        if method not in ("GET", "HEAD"):
            return "405 Method Not Allowed", ["Allow: GET, HEAD"], b""
        path = os.path.normpath(self.www + target)
        kind = "application/octet-stream"
        if target.startswith("/simple/"):
            json_wanted = "pypi.simple.v1+json" in fields.get("accept", "")
            kind = JSON_TYPE if json_wanted else "text/html"
            path = os.path.join(path, "index.v1_json" if json_wanted else "index.html")
        if not path.startswith(self.www + "/") or not os.path.isfile(path):
            return "404 Not Found", [], b"not here\n"
        details = os.stat(path)
        tag = f'"{details.st_mtime_ns:x}-{details.st_size:x}"'
        headers = [f"Content-Type: {kind}", f"ETag: {tag}", "Vary: Accept"]
        if fields.get("if-none-match") == tag:
            return "304 Not Modified", headers, b""
        with open(path, "rb") as file:
            body = file.read()
        if target.startswith("/packages/") and method == "GET":
            self.files_answered += 1
        return "200 OK", headers, body
