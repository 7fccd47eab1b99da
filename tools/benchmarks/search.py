"""How long the search of the pages for people takes, in Chromium, among many names.

The front page and the script are those that Larder publishes for a mirror of one project, with a list of generated names in
the place of its own. A key press is timed from the event to the frame after the results are there. Beside it: reading the same
names of the root list's JSON, which the search does without.
"""

import contextlib
import gzip
import http.server
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

from .running import Failure, say

QUERIES = ["r", "req", "django-", "numpy", "zzzz", "-data-", "e", "a1b2c3", "py", "test-client-x"]
GOAL = 0.1
WORDS = """api app async auth aws base bot build cache cli client cloud cms code common config core data db deploy
dev django docker docs email event export fast file flask form git graph http image index io json kit lab lib link
log mail map math media ml model net nlp node numpy open orm parse plot plugin proxy py query queue report rest run
sdk search server shell simple site sql stat stream sync table task template test text time tool tree type ui util
vector video view web wrap xml yaml""".split()
WATCH = """
    self.found = [];
    self.times = [];
    let pressed = 0;
    const state = document.getElementById("search-state");
    addEventListener("input", () => { pressed = performance.now(); }, true);
    new MutationObserver(() => {
        if (state.textContent.startsWith("Loading")) return;
        const at = pressed;
        found.push(performance.now() - at);
        requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - at)));
    }).observe(state, {childList: true});
"""
LOAD = """
    const start = performance.now();
    return new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = "names.js";
        script.onload = () => resolve(performance.now() - start);
        script.onerror = reject;
        document.head.append(script);
    });
"""
PARSE = """
    const start = performance.now();
    return fetch("index.v1_json").then((answer) => answer.json()).then((list) => {
        const names = " " + list.projects.map((project) => project.name).join(" ") + " ";
        return performance.now() - start + names.length * 0;
    });
"""


def add_command(commands):
    parser = commands.add_parser("search", help="the search of the pages for people", description=__doc__)
    parser.add_argument("--larder", metavar="PROGRAM", required=True, help="the build whose pages are measured")
    parser.add_argument("--names", type=int, default=500_000, metavar="N")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--directory", metavar="DIR", help="where to work (else a temporary folder)")
    parser.add_argument("--json", metavar="FILE", help="writes all figures there")
    parser.add_argument("--strict", action="store_true", help="exits 1 when a goal is missed")
    parser.add_argument("--smoke", action="store_true", help="5,000 names, one run")
    parser.set_defaults(run=measure)


def measure(arguments):
    if not shutil.which("chromedriver"):
        raise Failure("chromedriver is not installed; run tools/packages install bench")
    count, runs = (5_000, 1) if arguments.smoke else (arguments.names, arguments.runs)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="larder-bench-", dir=arguments.directory))
        web = published(arguments.larder, folder)
        figures = {"names": count, **write_names(web, count)}
        url = stack.enter_context(serving(web))
        say(f"searching {count:,} names in Chromium")
        rounds = []
        for _ in range(runs):
            with Chromium(folder) as browser:
                rounds.append(one_round(browser, url))
    for key in rounds[0]:
        values = sorted(value for each in rounds for value in each[key])
        figures[f"{key}, median"] = float(statistics.median(values))
        figures[f"{key}, longest"] = float(values[-1])
    for name, value in figures.items():
        print(f"{name:44} {value:12,.1f} ms" if isinstance(value, float) else f"{name:44} {value:12,}")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    is_met = figures["key press to the frame with results, longest"] <= GOAL * 1_000
    print(f"goal: results within {GOAL:g} s of each key press: {'met' if is_met else 'MISSED'}")
    return 0 if is_met or not arguments.strict else 1


def one_round(browser, url):
    browser.open(url + "index.html")
    load = browser.run(LOAD)
    parse = browser.run(PARSE)
    browser.open(url + "index.html")
    browser.run(WATCH)
    browser.run("document.getElementById('query').focus()")
    presses = []
    for query in QUERIES:
        for key in query:
            known = len(presses) + 1
            browser.type(key)
            wait(browser, f"times.length >= {known}")
            presses = browser.run("return times")
        browser.run("document.getElementById('query').value = ''")
    # The first one waits for the names.
    found = browser.run("return found")
    return {"names.js loaded": [load], "root list in JSON loaded": [parse], "first key press": presses[:1],
            "of key presses, the script": found[1:], "key press to the frame with results": presses[1:]}


def wait(browser, condition):
    for _ in range(400):
        if browser.run(f"return {condition}"):
            return
        time.sleep(0.005)
    raise Failure(f"{condition} never came")


def published(program, folder):
    """The tree of a mirror of one project, with links as files."""
    upstream, mirror = os.path.join(folder, "upstream"), os.path.join(folder, "mirror")
    put(os.path.join(upstream, "simple", "one", "index.html"), "<!DOCTYPE html><title>Links for one</title>")
    put(os.path.join(upstream, "simple", "index.html"), "<!DOCTYPE html><a href='one/'>one</a>")
    for command in (["init", mirror, "--upstream", f"file://{upstream}/simple/", "--all"], ["sync", "--root", mirror]):
        subprocess.run([program, *command, "--quiet"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    web = os.path.join(folder, "web")
    os.makedirs(os.path.join(web, "pages"))
    for name in ("index.html", "pages/style.css", "pages/search.js", "pages/icon.svg"):
        shutil.copyfile(os.path.join(mirror, "web", name), os.path.join(web, name))
    return web


def write_names(web, count):
    generator = random.Random(20)
    names = set()
    while len(names) < count:
        parts = generator.choices(WORDS, k=generator.choice((1, 2, 2, 2, 3)))
        if generator.random() < 0.7:
            letters = "abcdefghijklmnopqrstuvwxyz0123456789"
            parts.insert(generator.randrange(len(parts) + 1), "".join(generator.choices(letters, k=generator.randint(2, 8))))
        names.add("-".join(parts))
    names = sorted(names)
    script = f'larderNames=" {" ".join(names)} ";\n'.encode()
    entries = [{"name": name, "_last-serial": 20_000_000 + place} for place, name in enumerate(names)]
    root = {"meta": {"_last-serial": 30_000_000, "api-version": "1.4"}, "projects": entries}
    listed = json.dumps(root, separators=(",", ":")).encode()
    figures = {}
    for name, data in (("names.js", script), ("index.v1_json", listed)):
        packed = gzip.compress(data, 2)
        put(os.path.join(web, name), data)
        put(os.path.join(web, name + ".gz"), packed)
        figures[f"bytes of {name}"], figures[f"bytes of {name}.gz"] = len(data), len(packed)
    return figures


@contextlib.contextmanager
def serving(web):
    """The URL of a server that sends what lies there compressed."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
                          ".v1_json": "application/json"}

        def __init__(self, *arguments):
            super().__init__(*arguments, directory=web)

        def log_message(self, *_):
            pass

        def do_GET(self):
            path = os.path.join(web, self.path.split("?")[0].lstrip("/"))
            if not os.path.exists(path + ".gz"):
                return super().do_GET()
            with open(path + ".gz", "rb") as file:
                data = file.read()
            self.send_response(200)
            self.send_header("Content-Type", self.guess_type(path))
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


class Chromium:
    """A Chromium without a window, by WebDriver."""

    def __init__(self, folder):
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        environment = {**os.environ, "TMPDIR": folder, "HOME": folder}
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], env=environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = ""

    def __enter__(self):
        for _ in range(200):
            with contextlib.suppress(OSError):
                self.call("GET", "/status")
                break
            time.sleep(0.05)
        options = {"args": ["--headless", "--no-sandbox", "--disable-gpu"]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self.session = "/session/" + self.call("POST", "/session", wanted)["sessionId"]
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()

    def call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        url = f"http://127.0.0.1:{self.port}{self.session}{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def type(self, key):
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
