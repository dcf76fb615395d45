"""The examples that start processes of their own: what they find, and that nothing of them is left.
Usage: processes_test.py TOOL FOLDER_OF_EXAMPLES"""

import http.server
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

TOOL, EXAMPLES = sys.argv[1], Path(sys.argv[2])
WAYS = {"bare": [], "under cohortrun": [TOOL, "run", "-n", "1"]}


def run(program, *arguments, way="bare", **how):
    command = [*WAYS[way], EXAMPLES / program, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **how
    )


def descendants(pid):
    """All processes below one, by what /proc says."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def lives(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


class Pipeline(unittest.TestCase):
    def test_primes(self):
        for way in WAYS:
            for producers, consumers in ((1, 1), (2, 3), (4, 2)):
                result = run("pipeline", "--below", 2000, "--producers", producers,
                             "--consumers", consumers, way=way)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(
                    result.stdout,
                    f"303 primes below 2000 by {producers} producers and {consumers} consumers: "
                    "passed\n",
                )


class MonteCarlo(unittest.TestCase):
    def test_the_number_of_workers_changes_nothing(self):
        results = set()
        for workers in (1, 2, 4):
            result = run("monte_carlo", "--tasks", 50, "--darts", 2000, "--workers", workers)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            results.add(result.stdout)
        self.assertEqual(len(results), 1, results)
        first, second = results.pop().splitlines()
        self.assertRegex(first, r"^pi is about 3\.1\d*, by 100000 darts$")
        self.assertRegex(second, r": passed$")

    def test_progress(self):
        result = run("monte_carlo", "--tasks", 40, "--darts", 100, "--progress")
        self.assertEqual(result.returncode, 0)
        self.assertIn("[" + 40 * "#" + "] 100 %", result.stderr)


class Mandelbrot(unittest.TestCase):
    def test_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            pictures = []
            for workers in (1, 3):
                path = Path(folder) / f"{workers}.png"
                result = run("mandelbrot", "--size", 60, "--workers", workers, "--output", path)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(result.stdout.startswith("90 x 60 points in "), result.stdout)
                pictures.append(path.read_bytes())
            self.assertEqual(pictures[0], pictures[1])
            self.assertEqual(pictures[0][:8], b"\x89PNG\r\n\x1a\n")

    def test_where_it_cant_be_written(self):
        result = run("mandelbrot", "--output", "/no/such/folder/m.png")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("mandelbrot: /no/such/folder/m.png can't be written: No such file",
                      result.stderr)


class LogSearch(unittest.TestCase):
    def test_finds_what_grep_finds(self):
        folder = "/usr/share/common-licenses"
        for pattern in ("warrant(y|ies)", "^ *GNU", "no such text anywhere"):
            grep = subprocess.run(["grep", "-rnE", pattern, folder], capture_output=True, text=True)
            expected = [
                line for line in grep.stdout.splitlines() if not Path(line.split(":")[0]).is_symlink()
            ]
            for way in WAYS:
                result = run("log_search", "--workers", 3, pattern, folder, way=way)
                lines = [
                    line for line in result.stdout.splitlines()
                    if not Path(line.split(":")[0]).is_symlink()
                ]
                self.assertEqual(sorted(lines), sorted(expected))
                self.assertEqual(result.returncode, 0 if result.stdout else 1)

    def test_what_cant_be_read(self):
        result = run("log_search", "GNU", "/no/such/file", "/usr/share/common-licenses/GPL-2")
        self.assertEqual(result.returncode, 2)
        self.assertIn("log_search: /no/such/file: No such file or directory\n", result.stderr)
        self.assertIn("/usr/share/common-licenses/GPL-2:1:", result.stdout)

    def test_a_pattern_that_is_none(self):
        result = run("log_search", "(")
        self.assertEqual(result.returncode, 1)
        self.assertIn("log_search: '(' is no pattern", result.stderr)


class Site(http.server.BaseHTTPRequestHandler):
    """Pages /0 to /39 in a tree, some that redirect, one that is broken, one that answers nonsense."""

    PAGES = 40

    def do_GET(self):
        self.server.asked.append(self.path)
        name = self.path.strip("/")
        if self.path == "/":
            return self.page("<a href='/0'>start</a> <a href=\"https://elsewhere/\">else</a>")
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/1#here")
            self.end_headers()
            return None
        if self.path == "/nonsense":
            self.wfile.write(b"no HTTP at all")
            return None
        if not name.isdigit() or int(name) >= self.PAGES:
            self.send_error(404)
            return None
        number = int(name)
        links = [f"{2 * number + 1}", f"./{2 * number + 2}", f"../{number}", "mailto:me@here"]
        links = [link for link in links if not link.strip("./").isdigit()
                 or int(link.strip("./")) < self.PAGES]
        if number == 7:
            links += ["/moved", "/missing", "/nonsense", "//other.invalid/"]
        return self.page(" ".join(f'<A HREF="{link}">x</A>' for link in links))

    def page(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Crawler(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        self.server.asked = []
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.start = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def test_every_page_once_and_broken_links_named(self):
        for workers in (1, 4):
            self.server.asked.clear()
            result = run("crawler", "--workers", workers, self.start)
            self.assertEqual((result.returncode, result.stderr), (1, ""))
            pages = {"/", "/moved", "/missing", "/nonsense"} | {f"/{i}" for i in range(Site.PAGES)}
            self.assertEqual(sorted(self.server.asked), sorted(pages))
            lines = result.stdout.splitlines()
            address = self.start.rstrip("/")
            self.assertIn(
                f"broken: {address}/missing (status 404), linked from {address}/7", lines)
            nonsense = [line for line in lines if line.startswith(f"broken: {address}/nonsense")]
            self.assertEqual(len(nonsense), 1)
            self.assertIn("the answer is no HTTP", nonsense[0])
            self.assertRegex(lines[-1], rf"^{Site.PAGES + 3} pages, \d+ bytes, 2 broken links$")

    def test_at_most_so_many(self):
        result = run("crawler", "--pages", 5, self.start)
        self.assertEqual(len(self.server.asked), 5)
        self.assertEqual(result.returncode, 0)

    def test_no_server(self):
        port = self.server.server_address[1]
        self.tearDown()
        result = run("crawler", self.start)
        self.setUp()
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"broken: http://127.0.0.1:{port}/", result.stdout)
        self.assertIn("linked from the command line", result.stdout)


class Death(unittest.TestCase):
    """The parent is killed: nothing of it is left."""

    def test_no_orphans(self):
        for program, arguments, children in (
            ("pipeline", ["--below", "10000000", "--producers", "3"], 6),
            ("monte_carlo", ["--tasks", "1000000", "--workers", "3"], 3),
        ):
            for victim in ("parent", "launcher"):
                way = WAYS["under cohortrun"] if victim == "launcher" else []
                started = subprocess.Popen([*way, EXAMPLES / program, *arguments],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.addCleanup(started.wait)
                self.addCleanup(started.kill)
                # The launcher has a guard, and that the rank.
                least = children if victim == "parent" else children + 2
                deadline = time.monotonic() + 30
                while len(descendants(started.pid)) < least:
                    self.assertIsNone(started.poll())
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                family = descendants(started.pid)
                os.kill(started.pid, signal.SIGKILL)
                started.wait()
                while any(lives(pid) for pid in family):
                    self.assertLess(time.monotonic(), deadline, f"left by {program}")
                    time.sleep(0.01)


class CommandLine(unittest.TestCase):
    PROGRAMS = ("crawler", "log_search", "mandelbrot", "monte_carlo", "pipeline")

    def test_help(self):
        for program in self.PROGRAMS:
            result = run(program, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("usage: " + program, result.stdout)

    def test_mistakes(self):
        for program in self.PROGRAMS:
            result = run(program, "--workres", "3")
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(f"{program}: unknown option '--workres'\n", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
