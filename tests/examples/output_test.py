"""What the examples print and write. Usage: output_test.py TOOL FOLDER_OF_EXAMPLES"""

import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

TOOL, EXAMPLES = sys.argv[1], Path(sys.argv[2])
LICENCE = "/usr/share/common-licenses/GPL-2"


def run(program, *arguments, ranks=None):
    """Runs an example under the tool, or bare where `ranks` is None."""
    command = [EXAMPLES / program, *arguments]
    if ranks is not None:
        command = [TOOL, "run", "-n", str(ranks), *command]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


def pixels_of(path):
    """Decodes a PNG image of indexed colours; returns width, height and one colour a pixel."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "signature"
    chunks, at = {}, 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        (crc,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert crc == zlib.crc32(kind + body), f"checksum of {kind}"
        chunks[kind] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"], list(chunks)
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, methods) == (8, 3, [0, 0, 0])
    palette = [tuple(chunks[b"PLTE"][i : i + 3]) for i in range(0, len(chunks[b"PLTE"]), 3)]
    rows = zlib.decompress(chunks[b"IDAT"])
    assert len(rows) == height * (width + 1)
    assert all(rows[row * (width + 1)] == 0 for row in range(height)), "filters"
    return width, height, [
        palette[rows[row * (width + 1) + 1 + column]]
        for row in range(height)
        for column in range(width)
    ]


class Hello(unittest.TestCase):
    def test_everybody_is_greeted(self):
        for ranks in (1, 4):
            result = run("hello", ranks=ranks)
            self.assertEqual(result.returncode, 0, result.stderr)
            expected = {f"rank {r} was greeted by rank {(r - 1) % ranks}" for r in range(ranks)}
            self.assertEqual(set(result.stdout.splitlines()), expected)


class Wordcount(unittest.TestCase):
    def test_report(self):
        result = run("wordcount", "--top", "1", LICENCE, "/usr/share/common-licenses", ranks=3)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertRegex(lines[0], r"^ *\d+  the$")
        self.assertIn("counted by 3 ranks in", lines[2])
        shares = [line.split() for line in lines[5:]]
        self.assertEqual([share[0] for share in shares], ["0", "1", "2", "all"])
        for column in (1, 2, 3):
            numbers = [int(share[column]) for share in shares]
            self.assertEqual(sum(numbers[:-1]), numbers[-1])
            self.assertTrue(all(numbers))

    def test_unreadable_files_are_named_and_the_rest_is_counted(self):
        # The second one can be opened and not read, by root neither.
        unreadable = ["/no/such/file", "/proc/self/mem", "/dev/null"]
        result = run("wordcount", "--all", *unreadable, LICENCE, ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, run("wordcount", "--all", LICENCE).stdout)
        self.assertIn("/no/such/file: No such file or directory\n", result.stderr)
        self.assertIn("/proc/self/mem: Input/output error\n", result.stderr)
        self.assertIn("/dev/null: not a regular file\n", result.stderr)
        self.assertIn("could not be read: 3\n", result.stderr)

    def test_nothing_to_count_is_a_failure(self):
        self.assertEqual(run("wordcount", "/no/such/file").returncode, 1)

    def test_result_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run(
                [EXAMPLES / "wordcount"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
            )
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "wordcount: the result could not be written\n")


class Heat(unittest.TestCase):
    def test_picture_is_right_and_the_same_for_all_numbers_of_ranks(self):
        with tempfile.TemporaryDirectory() as folder:
            pictures = []
            for ranks in (None, 2, 3, 4, 7):
                path = Path(folder, f"{ranks}.png")
                work = ["--size", "300", "--steps", "20"]
                result = run("heat2d", *work, "--output", path, ranks=ranks)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                pictures.append(path.read_bytes())
            self.assertEqual([picture == pictures[0] for picture in pictures], [True] * 5)
            width, height, pixels = pixels_of(path)
        self.assertEqual((width, height), (300, 300))
        # After so short a time the greatest value is where it was at the start.
        hottest = divmod(pixels.index((255, 255, 255)), 300)
        coldest = divmod(pixels.index((0, 0, 0)), 300)
        self.assertTrue(all(50 < place < 100 for place in hottest), hottest)
        self.assertTrue(all(200 < place < 250 for place in coldest), coldest)

    def test_no_picture_no_work(self):
        path = "/no/such/folder/heat.png"
        result = run("heat2d", "--output", path, ranks=2)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(f"can't write '{path}': No such file or directory", result.stderr)

    def test_more_ranks_than_points(self):
        result = run("heat2d", "--size", "2", ranks=3)
        self.assertEqual(result.returncode, 2)
        self.assertIn("a grid of 1 x 3 ranks needs a --size of at least 3, not 2", result.stderr)

    def test_no_steps(self):
        result = run("heat2d", "--steps", "0", "--progress", ranks=2)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("greatest error 0,", result.stdout)

    def test_progress_on_a_terminal(self):
        for launcher in ([], [TOOL, "run", "-n", "4"]):
            terminal, end = pty.openpty()
            with subprocess.Popen(
                [*launcher, EXAMPLES / "heat2d", "--size", "64"],
                stdout=subprocess.DEVNULL,
                stderr=end,
                stdin=subprocess.DEVNULL,
            ) as process:
                os.close(end)
                shown = b""
                try:
                    while piece := os.read(terminal, 4096):
                        shown += piece
                except OSError:  # how Linux says that nobody holds the other end any more
                    pass
                self.assertEqual(process.wait(timeout=60), 0)
            os.close(terminal)
            self.assertIn("100 %  step 2000 of 2000", shown.decode())
            self.assertTrue(shown.startswith(b"\r[") and shown.endswith(b"\r\n"), shown)

    def test_progress_where_it_is_asked_for(self):
        result = run("heat2d", "--size", "64", "--progress", ranks=2)
        self.assertIn("100 %  step 2000 of 2000", result.stderr)
        self.assertEqual(run("heat2d", "--size", "64", ranks=2).stderr, "")


class Course(unittest.TestCase):
    """Every chapter, with the numbers of ranks that it is written for, and some others."""

    def lines(self, chapter, ranks):
        result = run("course/" + chapter, ranks=ranks)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.splitlines()

    def test_hello(self):
        for ranks in (1, 5):
            expected = [f"hello from rank {r} of {ranks}" for r in range(ranks)]
            self.assertCountEqual(self.lines("hello", ranks), expected)

    def test_point_to_point(self):
        expected = [
            "rank 0 sent 10000000 to rank 4",
            "rank 4 received 10000000 from rank 0",
            'rank 1 sent "hello" to rank 8',
            'rank 8 received "hello" from rank 1',
        ]
        for ranks in (9, 10):
            self.assertCountEqual(self.lines("point_to_point", ranks), expected)

    def test_deadlock(self):
        for ranks in (6, 9):
            lines = self.lines("deadlock", ranks)
            for rank, partner in ((1, 5), (5, 1)):
                stuck, cured = (line for line in lines if line.startswith(f"rank {rank} "))
                waited_for = f"the deadline passed while waiting for recv(rank {partner}, tag 0)"
                self.assertIn(f"rank {rank} is stuck: recv: {waited_for}", stuck)
                self.assertEqual(cured, f"rank {rank} received: greetings from rank {partner}")

    def test_too_few_ranks(self):
        for chapter, least in (("point_to_point", 9), ("deadlock", 6)):
            result = run("course/" + chapter, ranks=least - 1)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            wanted = f"{chapter} needs {least} ranks: cohortrun -n {least} {chapter}\n"
            self.assertEqual(result.stderr.count(wanted), 1, result.stderr)

    def test_broadcast(self):
        for ranks in (1, 10):
            expected = ["rank 0 had 100 and has 100"]
            expected += [f"rank {r} had 0 and has 100" for r in range(1, ranks)]
            self.assertEqual(self.lines("broadcast", ranks), expected)

    def test_scatter(self):
        expected = [f"rank {r} got {r + 1}" for r in range(10)]
        self.assertEqual(self.lines("scatter", 10), expected)

    def test_scatter_of_too_many_and_too_few_items(self):
        for ranks, blocks in (
            (3, ["1 2 3", "4 5 6", "7 8 9 10"]),
            (12, ["", "1", "2", "3", "4", "5", "", "6", "7", "8", "9", "10"]),
        ):
            lines = self.lines("scatter", ranks)
            got = [f"rank {r} got {block}".rstrip() for r, block in enumerate(blocks)]
            self.assertEqual(lines[ranks:], got)
            for rank, line in enumerate(lines[:ranks]):
                reason = f"expected {ranks} items, got 10: "
                self.assertRegex(line, f"^rank {rank}: scatter: .*{reason}")

    def test_gather(self):
        self.assertEqual(self.lines("gather", 5), ["rank 0 gathered 1 4 9 16 25"])
        self.assertEqual(self.lines("gather", 1), ["rank 0 gathered 1"])

    def test_all_to_all(self):
        for ranks in (1, 5):
            expected = []
            for r in range(ranks):
                gave = " ".join(str((r + 1) * i) for i in range(ranks))
                got = " ".join(str(r * i) for i in range(1, ranks + 1))
                expected.append(f"rank {r} gave {gave} and got {got}")
            self.assertEqual(self.lines("all_to_all", ranks), expected)

    def test_reduce(self):
        expected = [
            "rank 0 gives 0, 1, 2; its place for the sum has 0, 6, 12",
            "rank 1 gives 0, 2, 4; its place for the sum has -1, -1, -1",
            "rank 2 gives 0, 3, 6; its place for the sum has -1, -1, -1",
            "maximum: 0, 3, 6",
            "minimum: 0, 1, 2",
            "product: 0, 6, 48",
            "all but 0: 0, 1, 1",
            "maxloc: 0 of rank 0, 3 of rank 2, 6 of rank 2",
            "minloc: 0 of rank 0, 1 of rank 0, 2 of rank 0",
        ]
        self.assertEqual(self.lines("reduce", 3), expected)

    def test_grid(self):
        expected = [
            "2 x 2 ranks, with borders",
            "rank 0 in row 0, column 0: up nobody, down 2, left nobody, right 1",
            "rank 1 in row 0, column 1: up nobody, down 3, left 0, right nobody",
            "rank 2 in row 1, column 0: up 0, down nobody, left nobody, right 3",
            "rank 3 in row 1, column 1: up 1, down nobody, left 2, right nobody",
            "2 x 2 ranks, periodic",
            "rank 0 in row 0, column 0: up 2, down 2, left 1, right 1",
            "rank 1 in row 0, column 1: up 3, down 3, left 0, right 0",
            "rank 2 in row 1, column 0: up 0, down 0, left 3, right 3",
            "rank 3 in row 1, column 1: up 1, down 1, left 2, right 2",
        ]
        self.assertEqual(self.lines("grid", 4), expected)
        for ranks in (1, 6, 7):
            self.assertEqual(len(self.lines("grid", ranks)), 2 * (1 + ranks))


class SampleSort(unittest.TestCase):
    def test_report(self):
        for ranks in (None, 1, 3, 7):
            result = run("sample_sort", "--keys", "50000", ranks=ranks)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            lines = result.stdout.splitlines()
            number = ranks or 1
            self.assertEqual(lines[0], f"50000 keys on {number} rank{'s' * (number > 1)}")
            for line in lines[2:6]:
                fastest, slowest = (float(x) for x in re.findall(r"(\d+\.\d+) s", line))
                self.assertLessEqual(fastest, slowest)
            least, most, times = re.fullmatch(
                r"keys a rank: (\d+) to (\d+), the most being (\S+) times an even share", lines[6]
            ).groups()
            self.assertLessEqual(int(least), 50000 / number)
            self.assertAlmostEqual(int(most) * number / 50000, float(times), places=3)
            self.assertLess(float(times), 1.5)
            self.assertRegex(lines[7], r"^all phases \d+\.\d+ s, std::sort on one rank \d+\.\d+ s$")
            self.assertEqual(lines[8:], ["order and contents: passed"])

    def test_fewer_keys_than_ranks(self):
        for keys in ("0", "1", "6"):
            result = run("sample_sort", "--keys", keys, ranks=7)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("order and contents: passed\n", result.stdout)


class Kmeans(unittest.TestCase):
    WORK = ["--points", "20000", "--clusters", "5"]

    def lines(self, *arguments, ranks):
        """What is printed, without the numbers that may differ from run to run."""
        result = run("kmeans", *arguments, ranks=ranks)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return re.sub(r"\d+\.\d+ s$", "T s", result.stdout, flags=re.MULTILINE).splitlines()

    def test_report(self):
        found = []
        for ranks in (None, 2, 3, 7):
            lines = self.lines(*self.WORK, ranks=ranks)
            header = next(i for i, line in enumerate(lines) if "generated centre" in line)
            inertia = [float(line.split()[1]) for line in lines[2:header]]
            self.assertGreater(len(inertia), 1)
            self.assertEqual(inertia, sorted(inertia, reverse=True))
            converged = f"^converged after {len(inertia)} iterations, inertia .*T s$"
            self.assertRegex(lines[-2], converged)
            self.assertRegex(lines[-1], r"^greatest distance .*: passed$")
            centres = [line.split() for line in lines[header + 1 : -2]]
            self.assertEqual(len(centres), 5)
            self.assertEqual(sum(int(centre[4]) for centre in centres), 20000)
            found.append(centres)
        self.assertEqual([centres == found[0] for centres in found], [True] * 4)

    def test_repeats(self):
        first = self.lines(*self.WORK, "--seed", "7", ranks=3)
        self.assertEqual(self.lines(*self.WORK, "--seed", "7", ranks=3), first)
        self.assertNotEqual(self.lines(*self.WORK, "--seed", "8", ranks=3), first)

    def test_one_cluster_and_many(self):
        for clusters, points in (("1", "100"), ("100", "20000")):
            lines = self.lines("--clusters", clusters, "--points", points, ranks=3)
            self.assertRegex(lines[-1], ": passed$")


class CommandLine(unittest.TestCase):
    def test_help(self):
        for program in ("wordcount", "heat2d", "kmeans", "sample_sort"):
            for ranks in (None, 3):
                result = run(program, "--help", ranks=ranks)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(result.stdout.count("usage: " + program), 1)

    def test_mistakes(self):
        for program, arguments, message in (
            ("wordcount", ["--tpo"], "unknown option '--tpo'"),
            ("wordcount", ["--top"], "--top needs a number of words"),
            ("wordcount", ["--top", "-1"], "--top needs a number of words, not '-1'"),
            ("heat2d", ["picture.png"], "unknown argument 'picture.png'"),
            ("heat2d", ["--size"], "--size needs a value"),
            ("heat2d", ["--size", "0"], "--size needs a number from 1 to 16384, not '0'"),
            ("heat2d", ["--steps", "x"], "--steps needs a number from 0 to 2147483647, not 'x'"),
            ("kmeans", ["--clusters"], "--clusters needs a value"),
            ("kmeans", ["--clusters", "0"], "--clusters needs a number from 1 to 1000, not '0'"),
            ("kmeans", ["--points", "9"], "16 clusters need --points of at least 1600, not 9"),
            ("sample_sort", ["9"], "unknown argument '9'"),
            ("sample_sort", ["--keys", "x"], "--keys needs a number from 0 to 4000000000, not 'x'"),
        ):
            for ranks in (None, 3):
                with self.subTest(program=program, arguments=arguments, ranks=ranks):
                    result = run(program, *arguments, ranks=ranks)
                    self.assertEqual((result.returncode, result.stdout), (2, ""))
                    said = result.stderr.count(f"{program}: {message}\n")
                    self.assertEqual(said, 1, result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
