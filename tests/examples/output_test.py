"""What the examples print and write. Usage: output_test.py TOOL FOLDER_OF_EXAMPLES"""

import os
import pty
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


class CommandLine(unittest.TestCase):
    def test_help(self):
        for program in ("wordcount", "heat2d"):
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
        ):
            for ranks in (None, 3):
                with self.subTest(program=program, arguments=arguments, ranks=ranks):
                    result = run(program, *arguments, ranks=ranks)
                    self.assertEqual((result.returncode, result.stdout), (2, ""))
                    said = result.stderr.count(f"{program}: {message}\n")
                    self.assertEqual(said, 1, result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
